import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import type { Workload } from "../schema/environment";
import type { DrainTimes } from "./drain";
import { emit } from "./emit";
import { type Component, labels, selector } from "./labels";

export interface ScalingProps {
  namespace: string;
  component: Component;
  workload: Workload;
  drain: DrainTimes;
  /** The metric of each pod that tells how many streams it has in flight. */
  streamsMetric: string;
}

/** Whether autoscaling owns the number of pods. The Deployment must not state it then, or each apply would reset it. */
export const isAutoscaled = ({ replicas }: Workload) =>
  replicas.max > replicas.min;

/** Adds the disruption budget and, where there is something to scale, the autoscaler. */
export function addScaling(scope: Construct, props: ScalingProps): void {
  addBudget(scope, props);
  if (isAutoscaled(props.workload)) addAutoscaler(scope, props);
}

function addBudget(scope: Construct, props: ScalingProps): void {
  const { namespace, component, workload } = props;
  emit(scope, "budget", k8s.KubePodDisruptionBudget, {
    metadata: {
      name: component,
      namespace,
      labels: labels(namespace, component),
    },
    spec: {
      minAvailable: k8s.IntOrString.fromNumber(workload.minAvailable),
      selector: { matchLabels: selector(component) },
      // A pod that is broken anyway must not keep a node from being drained.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  });
}

function addAutoscaler(scope: Construct, props: ScalingProps): void {
  const { namespace, component, workload, drain } = props;
  emit(scope, "autoscaler", k8s.KubeHorizontalPodAutoscalerV2, {
    metadata: {
      name: component,
      namespace,
      labels: labels(namespace, component),
    },
    spec: {
      scaleTargetRef: {
        apiVersion: "apps/v1",
        kind: "Deployment",
        name: component,
      },
      minReplicas: workload.replicas.min,
      maxReplicas: workload.replicas.max,
      metrics: metrics(props),
      behavior: behavior(drain),
    },
  });
}

function metrics({
  workload,
  streamsMetric,
}: ScalingProps): k8s.MetricSpecV2[] {
  const processor: k8s.MetricSpecV2 = {
    type: "Resource",
    resource: {
      name: "cpu",
      target: {
        type: "Utilization",
        averageUtilization: workload.targetCpuPercent,
      },
    },
  };
  if (workload.targetStreamsPerPod === undefined) return [processor];
  const averageValue = k8s.Quantity.fromString(
    String(workload.targetStreamsPerPod),
  );
  return [
    processor,
    {
      type: "Pods",
      pods: {
        metric: { name: streamsMetric },
        target: { type: "AverageValue", averageValue },
      },
    },
  ];
}

/** Quickly out, since streams arrive at once; in by one pod at a time, and not before the last one has drained. */
function behavior(drain: DrainTimes): k8s.HorizontalPodAutoscalerBehaviorV2 {
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Max",
      policies: [
        { type: "Percent", value: 100, periodSeconds: 15 },
        { type: "Pods", value: 2, periodSeconds: 15 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: drain.scaleInWindowSeconds,
      selectPolicy: "Min",
      policies: [
        {
          type: "Pods",
          value: 1,
          periodSeconds: drain.scaleInPeriodSeconds,
        },
      ],
    },
  };
}
