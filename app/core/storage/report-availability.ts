import { Gauge, type Registry } from "prom-client";
import { withTimeout } from "../runtime/async";
import { metricDefinitions } from "../runtime/metric-definitions";

/** Well below the time-out of a scrape. */
const ANSWER_MS = 2_000;

/**
 * Reports, each time that metrics are read, if a process can use its directory. Readiness does not
 * depend on it: a stall of shared storage would make all pods unready at once.
 *
 * @param check Rejects if the directory can't be read.
 */
export function reportAvailability(
  registry: Registry,
  check: () => Promise<void>,
): void {
  const gauge = new Gauge({
    ...metricDefinitions.storageUnavailable,
    registers: [],
    async collect() {
      const isAvailable = await withTimeout(check(), ANSWER_MS).then(
        () => true,
        () => false,
      );
      this.set(isAvailable ? 0 : 1);
    },
  });
  registry.registerMetric(gauge);
}
