import { serverTiming } from "../pages/calls-view";
import type { WebMiddleware } from "./web-context";

/** Tells the browser's developer tools what a page's calls cost. */
export function reportTiming(): WebMiddleware {
  return async (ctx, next) => {
    const begin = performance.now();
    await next();
    const ms = performance.now() - begin;
    ctx.set("server-timing", serverTiming(ctx.state.api.calls, ms));
  };
}
