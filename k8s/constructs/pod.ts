import { k8s } from "cdk8s-plus-27";
import { type Component, selector } from "./labels";

/** The user `node` of the image, whom the access points of EFS map everyone to. */
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

/** The only writable place beside the volumes, and it is emptied with the pod. */
export const scratch = {
  volume: {
    name: "tmp",
    emptyDir: { sizeLimit: k8s.Quantity.fromString("64Mi") },
  },
  mount: { name: "tmp", mountPath: "/tmp" },
};

/** What a container asks for: no limit on the processor, or a burst would stall every stream of the pod. */
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
 * Spreads the pods of each version over zones and nodes, as well as there is room. Neither is ever a
 * reason to wait: a rollout adds a pod before it takes one away, and where the one node without a
 * pod of the new version is full, a strict rule would stall it, and autoscaling with it, while
 * others have room. Two pods on one node can fall together, which costs a moment; the budget keeps
 * those that choose from taking both. Nodes that the pod can't run on don't count, or a tainted
 * control plane would pass for an empty place.
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

/** Pods leave a node that is lost after half a minute, not after Kubernetes' five. */
export const tolerations: k8s.Toleration[] = [
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/unreachable",
].map((key) => ({
  key,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds: 30,
}));
