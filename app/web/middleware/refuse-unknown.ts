import { sentence } from "../../core/texts/catalogue";
import type { Router } from "@koa/router";
import { VisibleError } from "../../core/domain/errors";
import { cookieOverTls, DEFAULT_COOKIE_NAME } from "../sessions/session-cookie";
import type { WebContext, WebMiddleware, WebState } from "./web-context";

/**
 * Answers 404 where nothing is, and 405 where something is for other methods. It comes before the
 * sessions: a program that tries addresses at random gets none. A visitor's browser passes, and the page of its
 * 404 has the lists of its session.
 */
export function refuseUnknown(routers: Router<WebState>[]): WebMiddleware {
  return async (ctx, next) => {
    const matches = routers.map((one) => one.match(ctx.path, ctx.method));
    if (matches.some(({ route }) => route)) return next();
    const layers = matches.flatMap((match) => match.path);
    if (layers.length === 0) {
      if (isVisit(ctx)) return next();
      ctx.throw(404);
    }
    const methods = new Set(layers.flatMap((layer) => layer.methods));
    ctx.set("allow", [...methods].join(", "));
    throw new VisibleError(
      405,
      sentence("problem.method", { method: ctx.method }),
    );
  };
}

const isVisit = (
  ctx: Pick<WebContext, "method" | "cookies" | "get" | "state">,
): boolean =>
  ctx.method === "GET" &&
  ctx.get("accept").includes("text/html") &&
  [DEFAULT_COOKIE_NAME, cookieOverTls(ctx.state.base)].some((name) =>
    ctx.cookies.get(name, { signed: false }),
  );
