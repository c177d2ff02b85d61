import type { IncomingHttpHeaders } from "node:http";
import { VisibleError } from "../../core/domain/errors";
import type { WebMiddleware } from "./web-context";

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

/**
 * Every browser says where a form came from in at least one of these three; `null` is what it says
 * of an origin that it was told to keep to itself. What says nothing is a program, which sends only
 * the cookies that it was given: nobody's form can make it send another's. (Go's standard library
 * protects forms by the same rule.)
 */
function isFromHere(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  const source = headers.origin ?? headers.referer;
  if (source === undefined) return true;
  if (source === "null") return site === "same-origin";
  if (!URL.canParse(source)) return false;
  const { protocol, host } = new URL(source);
  return host === hostOf(protocol, headers);
}

/** As a URL has it: lower case, without its scheme's standard port. */
function hostOf(protocol: string, { host = "" }: IncomingHttpHeaders): string {
  const url = `${protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).host : "";
}
