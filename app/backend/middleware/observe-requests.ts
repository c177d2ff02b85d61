import type { Middleware } from "koa";
import { Histogram, type Registry } from "prom-client";
import type { Logger } from "../../core/runtime/log";
import { requestIdOf } from "../../core/runtime/ids";
import { continueTrace, traceFields } from "../../core/runtime/trace-context";
import type { BackendState } from "../backend-state";

/** Gives every request an id (the client's, if it sent one), a log line and a measurement. */
export function observeRequests(
  log: Logger,
  metrics: Registry,
): Middleware<BackendState> {
  const seconds = new Histogram({
    name: "keepsake_backend_request_seconds",
    help: "Time until the API had answered, by operation and status.",
    labelNames: ["operation", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [metrics],
  });
  return async (ctx, next) => {
    const begun = performance.now();
    const requestId = requestIdOf(ctx.get("x-request-id"));
    ctx.state.requestId = requestId;
    const trace = continueTrace({
      traceparent: ctx.get("traceparent"),
      tracestate: ctx.get("tracestate"),
    });
    ctx.state.log = log.child({ requestId, ...traceFields(trace) });
    ctx.set("x-request-id", requestId);
    await next();
    const ms = performance.now() - begun;
    const { operation = "none" } = ctx.state;
    seconds.observe({ operation, status: ctx.status }, ms / 1000);
    ctx.state.log.info(
      { operation, status: ctx.status, ms: Math.round(ms * 10) / 10 },
      "request completed",
    );
  };
}
