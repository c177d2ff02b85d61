import { sentence } from "../../core/texts/catalogue";
import { VisibleError } from "../../core/domain/errors";
import type { WebMiddleware } from "./web-context";

/**
 * Refuses requests under a host name that isn't ours. A site that lets its own name resolve to this
 * machine (DNS rebinding) passes as same-origin in every other respect.
 *
 * Only `Host` counts: a script may set `X-Forwarded-Host`.
 *
 * @param allowedHosts Without ports; `*` is any.
 */
export function requireKnownHost(
  allowedHosts: readonly string[],
): WebMiddleware {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  return async (ctx, next) => {
    const host = hostIn(ctx.req.headers.host ?? "");
    if (!allowed.has("*") && !allowed.has(host)) {
      throw new VisibleError(421, sentence("problem.unknownHost", { host }));
    }
    await next();
  };
}

/** In lower case, without the port and a trailing dot. */
const hostIn = (header: string): string =>
  header.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
