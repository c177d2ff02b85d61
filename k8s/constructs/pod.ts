import { k8s } from "cdk8s-plus-27";
import type { Pods } from "../schema/pods";
import { type Component, labels, selector } from "./labels";
import { MOUNTS } from "./mounts";

/** The image's user `node`, to which the EFS access points map every client. */
export const USER_ID = 1_000;

export const podSecurity: k8s.PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: USER_ID,
  runAsGroup: USER_ID,
  seccompProfile: { type: "RuntimeDefault" },
};

export const containerSecurity: k8s.SecurityContext = {
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
};

/** The only writable directory besides the volumes; deleted with the pod. */
export const scratch = {
  volume: {
    name: "tmp",
    emptyDir: { sizeLimit: k8s.Quantity.fromString("64Mi") },
  },
  mount: { name: "tmp", mountPath: MOUNTS.scratch },
};

/** Has no CPU limit: throttling would stall every stream of the pod. */
export function containerResources(asked: {
  cpu: string;
  memory: string;
  memoryLimit: string;
}): k8s.ResourceRequirements {
  return {
    requests: {
      cpu: k8s.Quantity.fromString(asked.cpu),
      memory: k8s.Quantity.fromString(asked.memory),
      "ephemeral-storage": k8s.Quantity.fromString("64Mi"),
    },
    limits: {
      memory: k8s.Quantity.fromString(asked.memoryLimit),
      "ephemeral-storage": k8s.Quantity.fromString("256Mi"),
    },
  };
}

/**
 * Spreads the pods of each version over zones and nodes if there is room. A strict rule would block
 * rollouts and autoscaling when the only node without a pod is full. Nodes on which the pod can't run
 * don't count, or a tainted control plane would be an empty domain.
 */
export function spread(component: Component): k8s.TopologySpreadConstraint[] {
  const over = (topologyKey: string) => ({
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    maxSkew: 1,
    nodeTaintsPolicy: "Honor",
    nodeAffinityPolicy: "Honor",
    labelSelector: { matchLabels: selector(component) },
    matchLabelKeys: ["pod-template-hash"],
  });
  return [over("topology.kubernetes.io/zone"), over("kubernetes.io/hostname")];
}

/** Pods leave a lost node after 30 s instead of Kubernetes' five minutes. */
export const lostNodeTolerations: k8s.Toleration[] = [
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/unreachable",
].map((key) => ({
  key,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds: 30,
}));

/** Metadata of an environment's pods: its labels and annotations beside the charts' own. */
export function podMetadata(
  pods: Pods,
  namespace: string,
  component: Component,
  own: Record<string, string> = {},
): k8s.ObjectMeta {
  const annotations = { ...pods.annotations, ...own };
  return {
    labels: { ...pods.labels, ...labels(namespace, component) },
    ...(isSet(annotations) ? { annotations } : {}),
  };
}

const isSet = (value: object) => Object.keys(value).length > 0;

/** Where an environment's pods run, and the Secrets by which their images are pulled. */
export function placement(
  pods: Pods,
  own: k8s.Toleration[] = [],
): Pick<
  k8s.PodSpec,
  "affinity" | "imagePullSecrets" | "nodeSelector" | "tolerations"
> {
  const { affinity, imagePullSecrets, nodeSelector } = pods;
  const replaced = new Set(pods.tolerations.map(({ key }) => key));
  const tolerations = [
    ...own.filter(({ key }) => !replaced.has(key)),
    ...pods.tolerations,
  ];
  return {
    affinity,
    ...(isSet(imagePullSecrets) ? { imagePullSecrets } : {}),
    ...(isSet(nodeSelector) ? { nodeSelector } : {}),
    ...(isSet(tolerations) ? { tolerations } : {}),
  };
}
