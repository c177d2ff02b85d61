import { ownAddress } from "./own-address";
import type { WebMiddleware } from "./web-context";

/** Set by the browser's script: `script/main.js`. */
const SCRIPT_COOKIE = "script";

/**
 * Learns whether the browser's script is at work. A browser whose script was switched off since
 * asks for `?script=off` (see `layout.njk`), which clears the cookie.
 */
export function trackScript(): WebMiddleware {
  return async (ctx, next) => {
    const { script, ...query } = ctx.query;
    if (ctx.method === "GET" && script === "off") {
      ctx.cookies.set(SCRIPT_COOKIE, null, {
        httpOnly: false,
        sameSite: "lax",
        signed: false,
      });
      ctx.query = query;
      ctx.redirect(ownAddress(ctx.url));
      ctx.status = 303;
      return;
    }
    ctx.state.scripted =
      ctx.cookies.get(SCRIPT_COOKIE, { signed: false }) === "on";
    await next();
  };
}
