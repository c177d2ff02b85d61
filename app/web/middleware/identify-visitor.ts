import { ChangeCounts } from "../backend-client/change-counts";
import type { Identity } from "../identity/identity";
import type { WebMiddleware } from "./web-context";

/**
 * Refuses visitors who are not signed in, if an identity is configured. Runs before the sessions,
 * so that they get none.
 */
export function requirePerson(identity: Identity | undefined): WebMiddleware {
  return async (ctx, next) => {
    ctx.state.person = await identity?.personOf(ctx.req.headers);
    await next();
  };
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
      requestId: ctx.state.requestId,
      trace: ctx.state.trace.headers,
      changes: new ChangeCounts(() => visitor.values.versions),
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
