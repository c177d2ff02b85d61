import {
  type Check,
  failure,
  ok,
  type Outcome,
  skipped,
  warning,
} from "../check";
import type { Cluster } from "../cluster/cluster";
import {
  albKind,
  ingressesOf,
  type Pod,
  podsOf,
  targetGroupBindingsOf,
} from "../cluster/objects";

const GATE = "target-health.elbv2.k8s.aws/";
const AUTO_GATE = "target-health.eks.amazonaws.com/";

/** Is a pod ready only when the load balancer finds it healthy. */
export const readinessGates: Check = {
  name: "readiness-gates",
  why: "Without them a rollout ends old pods before the load balancer sends anyone to the new ones: visitors get 503.",
  run: async ({ cluster }) => {
    if (!cluster) return skipped("No cluster is known here.");
    const kinds = await Promise.all(
      (await ingressesOf(cluster)).map((ingress) => albKind(cluster, ingress)),
    );
    if (!kinds.some(Boolean)) {
      return skipped(
        "No ingress here is an ALB; others follow readiness by themselves.",
      );
    }
    const bound = await bindingTime(cluster);
    return (await podsOf(cluster, "web")).map((pod) =>
      look(cluster, pod, bound),
    );
  },
};

/** When web was tied to a target group, in milliseconds; not a number if it isn't, or that can't be seen. */
async function bindingTime(cluster: Cluster): Promise<number> {
  const bindings = await targetGroupBindingsOf(cluster).catch(() => []);
  if (bindings.length === 0) return Number.NaN;
  return Math.min(
    ...bindings.map(({ metadata }) =>
      Date.parse(metadata.creationTimestamp ?? ""),
    ),
  );
}

function look(
  cluster: Cluster,
  { metadata, spec, status }: Pod,
  bound: number,
): Outcome {
  const gate = spec.readinessGates.find(({ conditionType }) =>
    [GATE, AUTO_GATE].some((prefix) => conditionType.startsWith(prefix)),
  );
  if (!gate && Date.parse(metadata.creationTimestamp ?? "") <= bound) {
    return warning(
      `The pod ${metadata.name} has no readiness gate of the load balancer: it is older than its target group, as pods of a first deployment are.`,
      `Make web's pods again: kubectl -n ${cluster.namespace} rollout restart deployment/web. The next rollout would do it, too.`,
    );
  }
  if (!gate) {
    return failure(
      `The pod ${metadata.name} has no readiness gate of the load balancer.`,
      `Label the namespace (kubectl label namespace ${cluster.namespace} elbv2.k8s.aws/pod-readiness-gate-inject=enabled, as the manifests do) before web's pods are made, see that the controller's webhook works, and make the pods again: kubectl rollout restart deployment/web.`,
    );
  }
  const condition = status.conditions.find(
    ({ type }) => type === gate.conditionType,
  );
  if (condition?.status === "True")
    return ok(`The load balancer finds ${metadata.name} healthy.`);
  return failure(
    `The load balancer does not find ${metadata.name} healthy (${condition?.reason ?? "it has not looked"}: ${condition?.message ?? "no condition"}).`,
    "Look at the target group's health in the console, at the security groups between load balancer and pods, and at the controller's log.",
  );
}
