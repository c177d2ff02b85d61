import type { WebMiddleware } from "./web-context";

/**
 * Keeps what a shared link shows, and its address, from search engines, from other sites and from caches:
 * also where the answer is an error.
 */
export function hideShared(): WebMiddleware {
  return async (ctx, next) => {
    if (ctx.path.startsWith("/shared/")) {
      ctx.set({
        "x-robots-tag": "noindex, nofollow, noarchive",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
      });
    }
    await next();
  };
}
