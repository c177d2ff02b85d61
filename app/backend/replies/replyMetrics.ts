import { Counter, Gauge } from "prom-client";
import type { Registry } from "../../shared/metrics";

/** What a process tells of the replies that it writes. */
export interface ReplyMetrics {
  /** It went on with a reply that another process had begun. */
  takenOver(): void;
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
    name: "keepsake_replies_in_progress",
    help: "Replies that this process writes",
    registers,
    collect: () => gauge.set(inProgress()),
  });
  const takeOvers = new Counter({
    name: "keepsake_replies_taken_over_total",
    help: "Replies that this process went on with after another process",
    registers,
  });
  return { takenOver: () => takeOvers.inc() };
}
