import { seeOther } from "../pages/render-page";
import { cookiePath } from "./browser-cookies";
import { ownAddress } from "./own-address";
import type { WebMiddleware } from "./web-context";

/** All are set by the browser's script: `script/main.js`. */
const SCRIPT_COOKIE = "script";
const ZONE_COOKIE = "zone";
const SIDEBAR_COOKIE = "sidebar";

/**
 * Learns whether the browser's script is at work, and the time zone that it found. A browser whose
 * script was switched off since asks for `?script=off` (see `layout.njk`), which clears the cookie.
 */
export function trackScript(): WebMiddleware {
  return async (ctx, next) => {
    const { script, ...query } = ctx.query;
    if (ctx.method === "GET" && script === "off") {
      ctx.cookies.set(SCRIPT_COOKIE, null, {
        httpOnly: false,
        path: cookiePath(ctx),
        sameSite: "lax",
        signed: false,
      });
      ctx.query = query;
      seeOther(ctx, ownAddress(ctx.url));
      return;
    }
    ctx.state.scripted =
      ctx.cookies.get(SCRIPT_COOKIE, { signed: false }) === "on";
    ctx.state.zone = ctx.cookies.get(ZONE_COOKIE, { signed: false });
    // Without the script, nothing could show it again.
    ctx.state.hidesSidebar =
      ctx.state.scripted &&
      ctx.cookies.get(SIDEBAR_COOKIE, { signed: false }) === "off";
    await next();
  };
}
