import type { WebMiddleware } from "./WebContext";

/**
 * Decides for whom this request's API calls are made: the session's owner. Nothing else that a
 * visitor sends says who they are.
 */
export function identifyVisitor(): WebMiddleware {
  return async (ctx, next) => {
    const { values } = ctx.state.visitor;
    ctx.state.api = {
      owner: values.owner,
      requestId: ctx.state.requestId,
      traceparent: ctx.get("traceparent") || undefined,
      versions: values.versions,
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
