import { type Logger, withoutToken } from "../../core/runtime/log";
import { hashOf } from "../../core/storage/layout/hashes";
import { ChangeCounts } from "../backend-client/change-counts";
import { type Identity, NotSignedInError } from "../identity/identity";
import { browserMark } from "./browser-mark";
import type { WebContext, WebMiddleware } from "./web-context";

/**
 * Refuses visitors who are not signed in, if an identity is configured. Runs before the sessions,
 * so that they get none.
 */
export function requirePerson(
  identity: Identity | undefined,
  log: Logger,
): WebMiddleware {
  return async (ctx, next) => {
    try {
      ctx.state.person = await identity?.personOf(ctx.req.headers);
    } catch (error) {
      if (error instanceof NotSignedInError) logRefusal(log, ctx, error);
      throw error;
    }
    await next();
  };
}

/** The error names the reason, and never holds the token. */
function logRefusal(
  log: Logger,
  ctx: Pick<WebContext, "state" | "path">,
  error: NotSignedInError,
): void {
  const { requestId } = ctx.state;
  const path = withoutToken(ctx.path);
  log.warn({ error, requestId, path }, "sign-in refused");
}

/**
 * Sets the owner of this request's API calls: the signed-in person, or the session's anonymous
 * owner.
 */
export function identifyVisitor(): WebMiddleware {
  return async (ctx, next) => {
    const { visitor, person } = ctx.state;
    // A session belongs to one person; another person gets a new one.
    if (person && visitor.values.owner !== person.owner) {
      await visitor.signIn(person.owner);
    }
    const { values } = visitor;
    ctx.state.api = {
      owner: values.owner,
      ownerKind: person ? "person" : "anonymous",
      client: hashOf(ctx.state.network).slice(0, 16),
      requestId: ctx.state.requestId,
      trace: ctx.state.trace.headers,
      changes: new ChangeCounts(
        () => visitor.values.versions,
        browserMark(ctx),
      ),
      calls: [],
      signal: ctx.method === "GET" ? whenGone(ctx.res) : undefined,
    };
    await next();
  };
}

/**
 * Aborts when the client disconnects before its response. Only reads use it: changes are completed.
 */
function whenGone(response: import("node:http").ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
