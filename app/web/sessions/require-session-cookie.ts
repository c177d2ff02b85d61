import { sentence } from "../../core/texts/catalogue";
import Keygrip from "keygrip";
import type { Middleware } from "koa";
import { VisibleError } from "../../core/domain/errors";
import { CookieSignatures } from "./cookie-signatures";
import { SessionCookie } from "./session-cookie";
import type { SessionsOptions } from "./visitor-session";

/**
 * Refuses a form without a cookie that we signed, before its body is read. Each of our pages sends one,
 * so a form without it comes from a browser that keeps no cookies, or from a program.
 *
 * @throws VisibleError 403
 */
export function requireSessionCookie({
  keys,
  cookieName,
  signedInOwner,
}: Pick<SessionsOptions, "keys" | "cookieName" | "signedInOwner">): Middleware {
  const keygrip = new Keygrip(keys, "sha256", "base64");
  const signatures = new CookieSignatures(keygrip);
  return async (ctx, next) => {
    if (ctx.method === "POST" && signedInOwner?.(ctx) === undefined) {
      const cookie = new SessionCookie(ctx, signatures, cookieName);
      if (!cookie.named) throw noCookie();
      ctx.state.sessionCookie = cookie;
    }
    await next();
  };
}

const noCookie = () => new VisibleError(403, sentence("problem.noCookie"));
