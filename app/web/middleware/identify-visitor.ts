import { ChangeCounts } from "../backend-client/change-counts";
import type { Identity } from "../identity/identity";
import type { WebMiddleware } from "./web-context";

/**
 * Lets nobody in who has not been signed in, where visitors are. It comes before the sessions, so
 * that nobody else gets one.
 */
export function requirePerson(identity: Identity | undefined): WebMiddleware {
  return async (ctx, next) => {
    ctx.state.person = await identity?.personOf(ctx.req.headers);
    await next();
  };
}

/**
 * Decides for whom this request's API calls are made: the person who is signed in, or the
 * session's anonymous owner. Nothing else that a visitor sends says who they are.
 */
export function identifyVisitor(): WebMiddleware {
  return async (ctx, next) => {
    const { visitor, person } = ctx.state;
    // A session is one person's: whoever comes with another's gets one of their own.
    if (person && visitor.values.owner !== person.owner) {
      await visitor.signIn(person.owner);
    }
    const { values } = visitor;
    ctx.state.api = {
      owner: values.owner,
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
 * Aborts when the visitor has gone before they had their answer: nobody needs what is still being
 * read. What they sent is carried out all the same.
 */
function whenGone(response: import("node:http").ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
