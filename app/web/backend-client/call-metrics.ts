import { Counter, Histogram, type Registry } from "prom-client";
import type { OperationId } from "../../core/api/operations";
import type { ApiContext } from "./api";
import type { CallCost } from "./transport/call";

/** Counts calls of the backend in metrics, and lists them for the timings of the page. */
export function createCallMetrics(registry: Registry) {
  const registers = [registry];
  const seconds = new Histogram({
    name: "keepsake_api_call_seconds",
    help: "What calls of the backend cost, by operation and phase: dns, connect, wait, transfer, total.",
    labelNames: ["operation", "phase"],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5],
    registers,
  });
  const calls = new Counter({
    name: "keepsake_api_calls_total",
    help: "Calls of the backend, by operation and status; 0 where none was answered.",
    labelNames: ["operation", "status"],
    registers,
  });
  const retries = new Counter({
    name: "keepsake_api_retries_total",
    help: "Calls that were sent again, by operation.",
    labelNames: ["operation"],
    registers,
  });

  return {
    count(
      context: ApiContext,
      operation: OperationId,
      status: number,
      { attempts, ...phases }: CallCost,
    ): void {
      context.calls.push({ name: operation, cached: false, ...phases });
      for (const [name, ms] of Object.entries(phases)) {
        const phase = name.replace(/Ms$/, "");
        seconds.observe({ operation, phase }, ms / 1000);
      }
      calls.inc({ operation, status });
      if (attempts > 1) retries.inc({ operation }, attempts - 1);
    },
    countUnanswered: (operation: OperationId) =>
      calls.inc({ operation, status: 0 }),
  };
}
