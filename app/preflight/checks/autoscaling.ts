import { type Check, failure, ok, skipped, type Outcome } from "../check";
import {
  type Condition,
  HorizontalPodAutoscaler,
  list,
} from "../cluster/objects";

/** Checks that the autoscalers get metrics. */
export const autoscaling: Check = {
  name: "autoscaling",
  why: "Without metrics nothing scales, so the first busy hour overloads the pods.",
  run: async ({ cluster }) => {
    if (!cluster) return skipped("No cluster is configured.");
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
    return ok(`The autoscaler ${name} gets its metrics.`);
  // A Deployment with no replicas disables its autoscaler deliberately.
  if (active?.reason === "ScalingDisabled")
    return skipped(
      `The autoscaler ${name} is disabled: its Deployment has no replicas.`,
    );
  return failure(
    `The autoscaler ${name} has no metrics (${active?.reason ?? "not evaluated yet"}: ${active?.message ?? "no condition"}).`,
    "Install metrics-server (on EKS, the add-on of that name). Check that kubectl top pods works and that every container requests CPU.",
  );
}
