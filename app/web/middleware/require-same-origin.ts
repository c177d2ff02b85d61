import { sentence } from "../../core/texts/catalogue";
import type { IncomingHttpHeaders } from "node:http";
import { VisibleError } from "../../core/domain/errors";
import type { WebMiddleware } from "./web-context";

/**
 * Refuses cross-site requests that could change something.
 *
 * @param allowedOrigins Accepted although they differ from the request's host.
 */
export function requireSameOrigin(
  allowedOrigins: readonly string[] = [],
): WebMiddleware {
  return async (ctx, next) => {
    const isSafe = ctx.method === "GET" || ctx.method === "HEAD";
    if (!isSafe) refuseCrossSite(ctx.req.headers, allowedOrigins);
    await next();
  };
}

/**
 * `Sec-Fetch-Site` decides if the browser sends it: it compares the addresses that the browser saw,
 * before any proxy. Browsers omit it over plain HTTP; then `Origin` or `Referer` must match the
 * request's host. A request without any of them is from a program, which has no visitor's cookies.
 *
 * @throws VisibleError 403
 */
function refuseCrossSite(
  headers: IncomingHttpHeaders,
  allowedOrigins: readonly string[],
): void {
  const site = headers["sec-fetch-site"];
  if (site === "same-origin") return;
  const source = headers.origin ?? headers.referer;
  if (site === undefined && source === undefined) return;
  if (site !== undefined || source === undefined || !URL.canParse(source)) {
    throw new VisibleError(403, sentence("problem.crossSite"));
  }
  const { protocol, origin } = new URL(source);
  const own = hostsOf(headers).map((host) => originOf(protocol, host));
  if (own.includes(origin) || allowedOrigins.includes(origin)) return;
  throw new VisibleError(
    403,
    sentence("problem.otherOrigin", { origin, host: headers.host ?? "?" }),
  );
}

/** A form of another site cannot set `X-Forwarded-Host`, so it is as good as `Host` here. */
function hostsOf(headers: IncomingHttpHeaders): string[] {
  const forwarded = String(headers["x-forwarded-host"] ?? "").split(",");
  return [headers.host ?? "", ...forwarded.map((host) => host.trim())];
}

/** In lower case and without the scheme's default port. */
function originOf(protocol: string, host: string): string {
  const url = `${protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).origin : "";
}
