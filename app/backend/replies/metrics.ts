import { Counter, Gauge } from "prom-client";
import {
  metricDefinitions,
  PREDECESSORS,
  type Predecessor,
} from "../../core/runtime/metric-definitions";
import type { Registry } from "../../core/runtime/metrics";

/** What a process tells of the replies that it writes. */
export interface ReplyMetrics {
  /** It went on with a reply that another process had begun. */
  takenOver(after: Predecessor): void;
}

/**
 * @param inProgress How many replies the process writes, asked whenever metrics are read.
 */
export function createReplyMetrics(
  registry: Registry,
  inProgress: () => number,
): ReplyMetrics {
  const registers = [registry];
  const gauge: Gauge = new Gauge({
    ...metricDefinitions.repliesInProgress,
    registers,
    collect: () => gauge.set(inProgress()),
  });
  const takeOvers = new Counter({
    ...metricDefinitions.repliesTakenOver,
    registers,
  });
  for (const after of PREDECESSORS) takeOvers.inc({ after }, 0);
  return { takenOver: (after) => takeOvers.inc({ after }) };
}
