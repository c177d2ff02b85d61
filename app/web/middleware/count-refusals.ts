import { Counter } from "prom-client";
import { LimitError } from "../../core/domain/errors";
import {
  LIMITED,
  metricDefinitions,
} from "../../core/runtime/metric-definitions";
import type { Registry } from "../../core/runtime/metrics";
import type { WebMiddleware } from "./web-context";

/** Counts the requests that a limit refuses. */
export function countRefusals(metrics: Registry): WebMiddleware {
  const refused = new Counter({
    ...metricDefinitions.requestsRefused,
    registers: [metrics],
  });
  for (const kind of LIMITED) refused.inc({ kind }, 0);
  return async (_, next) => {
    try {
      await next();
    } catch (error) {
      if (error instanceof LimitError) refused.inc({ kind: error.kind });
      throw error;
    }
  };
}
