import Keygrip from "keygrip";
import type Koa from "koa";
import type { Context, Middleware } from "koa";
import { cookiePath } from "../middleware/browser-cookies";
import { koaSession } from "./koa-session-adapter";
import { CookieSignatures } from "./cookie-signatures";
import { SessionCookie } from "./session-cookie";
import { type SessionsOptions, VisitorSession } from "./visitor-session";

/**
 * Gives every request a session: see {@link sessionOf}. It is read or made before the request is
 * handled, and saved before the response is sent.
 *
 * @param app Gets the keys, and `session` on its contexts. Its `proxy` must be set if TLS ends
 *   before it.
 */
export function createSessions(app: Koa, options: SessionsOptions): Middleware {
  const keys = new Keygrip(options.keys, "sha256", "base64");
  const signatures = new CookieSignatures(keys);
  app.keys = keys;
  const session = koaSession(app, (ctx) => sessionOf(ctx).koa);
  return async (ctx, next) => {
    const known: unknown = ctx.state.sessionCookie;
    const cookie =
      known instanceof SessionCookie
        ? known
        : new SessionCookie(ctx, signatures, options.cookieName);
    const visitor = new VisitorSession(ctx, cookie, options);
    ctx.state.visitor = visitor;
    // koa-session removes this cookie; the object is this request's own.
    Object.assign(ctx.sessionOptions ?? {}, {
      key: cookie.name,
      path: cookiePath(ctx),
    });
    await session(ctx, async () => {
      await visitor.begin();
      try {
        await next();
      } catch (error) {
        await visitor.commit().catch(() => undefined);
        throw error;
      }
      await visitor.commit();
    });
    await visitor.finish();
  };
}

/** The session of a request that passed {@link createSessions}. */
export function sessionOf(ctx: Context): VisitorSession {
  const visitor: unknown = ctx.state.visitor;
  if (visitor instanceof VisitorSession) return visitor;
  throw new Error("The request did not pass the sessions middleware");
}
