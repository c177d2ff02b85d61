import { type Check, failure, ok, skipped, type Outcome } from "../check";
import {
  type Condition,
  HorizontalPodAutoscaler,
  list,
} from "../cluster/objects";

/** Do the autoscalers get figures to scale by. */
export const autoscaling: Check = {
  name: "autoscaling",
  why: "Without metrics nothing scales: the first busy hour is served by as many pods as the night before.",
  run: async ({ cluster }) => {
    if (!cluster) return skipped("No cluster is known here.");
    const path = `/apis/autoscaling/v2/namespaces/${cluster.namespace}/horizontalpodautoscalers`;
    const autoscalers = await list(cluster, HorizontalPodAutoscaler, path);
    if (autoscalers.length === 0) {
      return skipped(
        `There is no HorizontalPodAutoscaler in ${cluster.namespace}.`,
      );
    }
    return autoscalers.map(({ metadata, status }) =>
      look(metadata.name, status.conditions),
    );
  },
};

function look(name: string, conditions: Condition[]): Outcome {
  const active = conditions.find(({ type }) => type === "ScalingActive");
  if (active?.status === "True")
    return ok(`The autoscaler ${name} has its metrics.`);
  // An autoscaler with replicas: 0 is off on purpose.
  if (active?.reason === "ScalingDisabled")
    return skipped(
      `The autoscaler ${name} is off: its Deployment has no replicas.`,
    );
  return failure(
    `The autoscaler ${name} has no metrics (${active?.reason ?? "it has not looked yet"}: ${active?.message ?? "no condition"}).`,
    "Install metrics-server (on EKS the add-on metrics-server), see that kubectl top pods answers, and that every container requests CPU.",
  );
}
