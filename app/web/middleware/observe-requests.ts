import { Histogram } from "prom-client";
import { type Logger, withoutToken } from "../../core/runtime/log";
import {
  metricDefinitions,
  PROBE_ROUTES,
} from "../../core/runtime/metric-definitions";
import type { Registry } from "../../core/runtime/metrics";
import { requestIdOf } from "../../core/runtime/ids";
import { continueTrace, traceFields } from "../../core/runtime/trace-context";
import type { WebMiddleware } from "./web-context";

/** Gives every request an id, one line in the log, and a place in the metrics. */
export function observeRequests(log: Logger, metrics: Registry): WebMiddleware {
  const durations = new Histogram({
    ...metricDefinitions.requests,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [metrics],
  });
  return async (ctx, next) => {
    const begin = performance.now();
    const requestId = requestIdOf(ctx.get("x-request-id"));
    ctx.state.requestId = requestId;
    ctx.set("x-request-id", requestId);
    ctx.state.trace = continueTrace({
      traceparent: ctx.get("traceparent"),
      tracestate: ctx.get("tracestate"),
    });
    await next();
    const ms = performance.now() - begin;
    const { method, status } = ctx;
    // The pattern, not the address: an address has ids, and there would be no end of series.
    const route = String(ctx["_matchedRoute"] ?? "other");
    durations.observe({ method, route, status }, ms / 1_000);
    const traced = traceFields(ctx.state.trace);
    const path = withoutToken(ctx.path);
    const address = ctx.ip.slice(0, ADDRESS_LENGTH);
    const line = { requestId, ...traced, address, method, path, status };
    const level = isForPeople(route, path) ? "info" : "debug";
    log[level]({ ...line, ms: Math.round(ms * 10) / 10 }, "request completed");
  };
}

/** The longest IPv6 address. A proxy's header may hold any text. */
const ADDRESS_LENGTH = 45;

/** Probes and files come by the thousand, and tell nothing. */
const isForPeople = (route: string, path: string) =>
  !probes.has(route) && !path.startsWith("/assets/");

const probes = new Set<string>(Object.values(PROBE_ROUTES));
