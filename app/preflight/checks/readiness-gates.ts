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

/** Checks that a pod becomes ready only when its load balancer target is healthy. */
export const readinessGates: Check = {
  name: "readiness-gates",
  why: "Without them, a rollout stops old pods before the load balancer uses the new ones, and visitors get 503.",
  run: async ({ cluster }) => {
    if (!cluster) return skipped("No cluster is configured.");
    const kinds = await Promise.all(
      (await ingressesOf(cluster)).map((ingress) => albKind(cluster, ingress)),
    );
    if (!kinds.some(Boolean)) {
      return skipped(
        "No ingress uses an ALB; other ingresses follow readiness.",
      );
    }
    const bindings = await targetGroupBindingsOf(cluster).catch(() => []);
    return (await podsOf(cluster, "web")).map((pod) =>
      look(cluster, pod, bindings),
    );
  },
};

type Bindings = Awaited<ReturnType<typeof targetGroupBindingsOf>>;

/** The time at which web was bound to a target group; NaN if unknown. */
function bindingTime(bindings: Bindings): number {
  if (bindings.length === 0) return Number.NaN;
  return Math.min(
    ...bindings.map(({ metadata }) =>
      Date.parse(metadata.creationTimestamp ?? ""),
    ),
  );
}

/** A gate ends with the name of its TargetGroupBinding. */
const isOfBinding = (gate: string, bindings: Bindings) =>
  bindings.length === 0 ||
  bindings.some(({ metadata }) => gate.endsWith(`/${metadata.name}`));

function look(
  cluster: Cluster,
  { metadata, spec, status }: Pod,
  bindings: Bindings,
): Outcome {
  const gates = spec.readinessGates.filter(({ conditionType }) =>
    [GATE, AUTO_GATE].some((prefix) => conditionType.startsWith(prefix)),
  );
  const gate = gates.find(({ conditionType }) =>
    isOfBinding(conditionType, bindings),
  );
  if (!gate && gates.length > 0) {
    return warning(
      `The pod ${metadata.name} has the readiness gate of a target group that no longer exists, as after a change of tls.web.`,
      `Restart web: kubectl -n ${cluster.namespace} rollout restart deployment/web. The next rollout has the same effect.`,
    );
  }
  const created = Date.parse(metadata.creationTimestamp ?? "");
  if (!gate && created <= bindingTime(bindings)) {
    return warning(
      `The pod ${metadata.name} has no readiness gate of the load balancer: it is older than its target group, as after a first deployment.`,
      `Restart web: kubectl -n ${cluster.namespace} rollout restart deployment/web. The next rollout has the same effect.`,
    );
  }
  if (!gate) {
    return failure(
      `The pod ${metadata.name} has no readiness gate of the load balancer.`,
      `Label the namespace (kubectl label namespace ${cluster.namespace} elbv2.k8s.aws/pod-readiness-gate-inject=enabled, as the manifests do), check that the controller's webhook works, and restart web: kubectl rollout restart deployment/web.`,
    );
  }
  const condition = status.conditions.find(
    ({ type }) => type === gate.conditionType,
  );
  if (condition?.status === "True")
    return ok(`The load balancer reports ${metadata.name} as healthy.`);
  return failure(
    `The load balancer does not report ${metadata.name} as healthy (${condition?.reason ?? "not checked yet"}: ${condition?.message ?? "no condition"}).`,
    "Check the target group's health in the AWS console, the security groups between load balancer and pods, and the controller's log.",
  );
}
