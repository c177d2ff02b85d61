import { Counter, Gauge } from "prom-client";
import {
  metricDefinitions,
  PREDECESSORS,
  type Predecessor,
} from "../../core/runtime/metric-definitions";
import type { Registry } from "../../core/runtime/metrics";

export function createReplyMetrics(registry: Registry) {
  const registers = [registry];
  const gauge = new Gauge({
    ...metricDefinitions.repliesInProgress,
    registers,
  });
  const counter = new Counter({
    ...metricDefinitions.repliesTakenOver,
    registers,
  });
  for (const after of PREDECESSORS) counter.inc({ after }, 0);
  return {
    setInProgress: (count: number) => gauge.set(count),
    countTakeover: (after: Predecessor) => counter.inc({ after }),
  };
}
