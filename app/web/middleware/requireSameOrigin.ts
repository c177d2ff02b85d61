import type { IncomingHttpHeaders } from "node:http";
import { VisibleError } from "../../shared/errors";
import type { WebMiddleware } from "./WebContext";

/** Refuses every request that could change something, unless one of our own pages sent it. */
export function requireSameOrigin(): WebMiddleware {
  return async (ctx, next) => {
    const isSafe = ctx.method === "GET" || ctx.method === "HEAD";
    if (!isSafe && !isFromHere(ctx.req.headers)) {
      throw new VisibleError(
        403,
        "This form was sent from another site, so nothing was done. Open Keepsake itself and send it from there.",
      );
    }
    await next();
  };
}

/** A browser says where a form came from in at least one of these three. */
function isFromHere(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  const source = headers.origin ?? headers.referer;
  if (source === undefined) return site === "same-origin";
  return URL.canParse(source) && new URL(source).host === hostOf(headers);
}

/** As a URL has it: lower case, without a scheme's standard port. */
function hostOf({ host = "" }: IncomingHttpHeaders): string {
  return host.toLowerCase();
}
