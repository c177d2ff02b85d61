import { k8s } from "cdk8s-plus-27";
import { z } from "zod";
import { CLAIMS, MOUNTS, OWN_VOLUMES } from "../constructs/mounts";
import { dnsLabel } from "./fields";
import {
  annotationMap,
  kubernetes,
  labelMap,
  type Reserved,
} from "./kubernetes";

const reservedLabel: Reserved = (name) =>
  /^app\.kubernetes\.io\/(name|instance|component|part-of|managed-by)$/.test(
    name,
  )
    ? "the charts set it, and selectors and network policies depend on it"
    : undefined;

const reservedAnnotation: Reserved = (name) => {
  if (name === "kubectl.kubernetes.io/default-container")
    return "the charts set it";
  return /^prometheus\.io\/(scrape|port|path)$/.test(name)
    ? "the charts set it, unless observability.prometheusOperator is true"
    : undefined;
};

/** For all pods of an environment, in the words of Kubernetes' PodSpec. */
export const pods = z
  .strictObject({
    labels: labelMap(reservedLabel),
    annotations: annotationMap(reservedAnnotation),
    nodeSelector: labelMap().describe(
      "pods spread only over the zones of the nodes that it selects",
    ),
    affinity: kubernetes<k8s.Affinity>("Affinity", k8s.toJson_Affinity)
      .optional()
      .describe(
        "a required rule that no node meets blocks rollouts, autoscaling and the replacement of lost pods",
      ),
    tolerations: z
      .array(kubernetes<k8s.Toleration>("Toleration", k8s.toJson_Toleration))
      .default([])
      .describe(
        "added to those by which pods leave a lost node after 30 s; one with the same key replaces it",
      ),
    imagePullSecrets: z
      .array(z.strictObject({ name: dnsLabel }))
      .default([])
      .describe("Secrets of the namespace, made by you"),
  })
  .prefault({});

export type Pods = z.output<typeof pods>;

/** Kinds that the pod security standard `restricted` admits. */
const VOLUME_KINDS = [
  "configMap",
  "csi",
  "downwardApi",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

const volume = kubernetes<k8s.Volume>("Volume", k8s.toJson_Volume).superRefine(
  ({ name, ...source }, context) => {
    const fault = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (OWN_VOLUMES.includes(name)) fault("name", "is a volume of the charts");
    for (const kind of Object.keys(source)) {
      if (VOLUME_KINDS.includes(kind)) continue;
      fault(
        kind,
        `is refused by the pod security standard "restricted". Use ${VOLUME_KINDS.join(", ")}`,
      );
    }
    const claim = source.persistentVolumeClaim?.claimName ?? "";
    if (Object.values(CLAIMS).includes(claim))
      fault("persistentVolumeClaim", "is a claim of the charts");
  },
);

const volumeMount = kubernetes<k8s.VolumeMount>(
  "VolumeMount",
  k8s.toJson_VolumeMount,
).superRefine(({ mountPath }, context) => {
  const taken = Object.values(MOUNTS).find((own) => overlap(own, mountPath));
  if (taken === undefined) return;
  const message = `must not contain ${taken} or be in it, which the program uses`;
  context.addIssue({ code: "custom", path: ["mountPath"], message });
});

/** True if one path is the other, or in it. */
function overlap(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => `${path}/`.replace(/\/+$/, "/"));
  return one!.startsWith(other!) || other!.startsWith(one!);
}

/** Volumes of web's or backend's pods in addition to the charts' own. */
export const extraVolumes = {
  volumes: z
    .array(volume)
    .default([])
    .describe("such as a ConfigMap with the certificate of an authority"),
  volumeMounts: z.array(volumeMount).default([]),
};
