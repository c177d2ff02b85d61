import { randomUUID } from "node:crypto";
import type { Middleware } from "koa";
import { Histogram, type Registry } from "prom-client";
import type { Logger } from "../../shared/log";
import type { BackendState } from "../BackendState";

const REQUEST_ID = /^[\w.:-]{1,128}$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Gives every request its id (the caller's, where it sent one), a log line and a measurement. */
export function observeRequests(
  log: Logger,
  metrics: Registry,
): Middleware<BackendState> {
  const seconds = new Histogram({
    name: "keepsake_backend_request_seconds",
    help: "How long the API took to answer, by operation and status.",
    labelNames: ["operation", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [metrics],
  });
  return async (ctx, next) => {
    const begun = performance.now();
    const given = ctx.get("x-request-id");
    const requestId = REQUEST_ID.test(given) ? given : randomUUID();
    ctx.state.requestId = requestId;
    ctx.state.log = log.child({ requestId, ...trace(ctx.get("traceparent")) });
    ctx.set("x-request-id", requestId);
    await next();
    const ms = performance.now() - begun;
    const { operation = "none" } = ctx.state;
    seconds.observe({ operation, status: ctx.status }, ms / 1000);
    ctx.state.log.info(
      { operation, status: ctx.status, ms: Math.round(ms * 10) / 10 },
      "answered",
    );
  };
}

/** W3C trace context: the trace that this request is part of. */
function trace(traceparent: string): { traceId?: string } {
  if (!TRACEPARENT.test(traceparent)) return {};
  return { traceId: traceparent.slice(3, 35) };
}
