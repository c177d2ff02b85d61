import Keygrip from "keygrip";
import type Koa from "koa";
import type { Context, Middleware } from "koa";
import createKoaSession from "koa-session";
import type { JsonObject } from "../../core/storage/json";
import { cookieName } from "./session-cookie";
import { newSessionId } from "./session-id";
import { type SessionsOptions, VisitorSession } from "./visitor-session";

/**
 * Gives every request that passes a session: see {@link sessionOf}. It is read or made before the
 * request is handled, and saved after that, before the response is sent.
 *
 * @param app Gets the keys, and `session` on its contexts. Its `proxy` must be set where TLS ends
 *   before it.
 */
export function createSessions(app: Koa, options: SessionsOptions): Middleware {
  const keys = new Keygrip(options.keys, "sha256", "base64");
  app.keys = keys;
  const koaSession = createKoaSession(koaSessionOptions, app) as Middleware;
  return async (ctx, next) => {
    const visitor = new VisitorSession(ctx, keys, options);
    ctx.state.visitor = visitor;
    // koa-session knows one name for all; this is the request's own copy of its options.
    (ctx.sessionOptions as { key: string }).key = cookieName(ctx);
    await koaSession(ctx, async () => {
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
  throw new Error("This request has not passed the sessions' middleware.");
}

interface Asked {
  ctx?: Context;
}

/**
 * koa-session finds, makes, replaces and ends the session as it always does, but what it asks of
 * its store and its cookie goes to the request's {@link VisitorSession}, which knows better when.
 */
const koaSessionOptions = {
  signed: true,
  httpOnly: true,
  overwrite: true,
  sameSite: "lax",
  genid: newSessionId,
  externalKey: {
    get: (ctx: Context) => sessionOf(ctx).requestedId(),
    set: (ctx: Context) => sessionOf(ctx).sendCookie(),
  },
  store: {
    get: (id: string, _: number, { ctx }: Asked) => of(ctx).load(id),
    set: (id: string, values: JsonObject, _: number, { ctx }: Asked) =>
      of(ctx).write(id, values),
    destroy: async (id: string, { ctx }: Asked) => of(ctx).endLater(id),
  },
};

function of(ctx: Context | undefined): VisitorSession {
  if (!ctx) throw new Error("koa-session names no request");
  return sessionOf(ctx);
}
