import type { Router } from "@koa/router";
import { VisibleError } from "../../core/domain/errors";
import type { WebMiddleware, WebState } from "./web-context";

/**
 * Answers 404 where nothing is, and 405 where something is for other methods. It comes before the
 * sessions: what tries addresses at random gets none.
 */
export function refuseUnknown(routers: Router<WebState>[]): WebMiddleware {
  return async (ctx, next) => {
    const matches = routers.map((one) => one.match(ctx.path, ctx.method));
    if (matches.some(({ route }) => route)) return next();
    const layers = matches.flatMap((match) => match.path);
    if (layers.length === 0) ctx.throw(404);
    const methods = new Set(layers.flatMap((layer) => layer.methods));
    ctx.set("allow", [...methods].join(", "));
    throw new VisibleError(405, `This address takes no ${ctx.method}.`);
  };
}
