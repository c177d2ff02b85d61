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
  /** The per-pod metric of open streams. */
  streamsMetric: string;
}

/** If true, the Deployment must not state its replicas: each apply would reset them. */
export const isAutoscaled = ({ replicas }: Workload) =>
  replicas.max > replicas.min;

/** Adds the disruption budget and, if the replicas may vary, the autoscaler. */
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
      // A minimum would let a large Deployment lose almost all of its pods at once.
      maxUnavailable: intOrString(workload.maxUnavailable),
      selector: { matchLabels: selector(component) },
      // An unhealthy pod must not block the drain of a node.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  });
}

const intOrString = (value: number | string) =>
  typeof value === "number"
    ? k8s.IntOrString.fromNumber(value)
    : k8s.IntOrString.fromString(value);

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

/** Scales out quickly; scales in by one pod at a time, after the previous one has drained. */
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
