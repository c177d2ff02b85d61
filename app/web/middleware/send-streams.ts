import type { StreamBody } from "../streaming/stream-body";
import type { WebContext, WebMiddleware } from "./web-context";

/** Starts the stream that a route has opened, when all headers are set. */
export function sendStreams(): WebMiddleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      ctx.state.live?.end("done");
      throw error;
    }
    const { live } = ctx.state;
    if (!live) return;
    if (ctx.body === undefined) {
      live.start();
      return;
    }
    // A later step has failed, and answers with a page: the client may take long to read it.
    live.end("done");
    ctx.respond = true;
  };
}

/** Makes a stream the response's body, in place of Koa's. */
export function respondWith(
  ctx: WebContext,
  type: string,
  live: StreamBody,
): void {
  ctx.body = undefined;
  // Koa has just forbidden it, and then only a closed connection could tell the stream's end.
  if (ctx.res.useChunkedEncodingByDefault)
    ctx.set("transfer-encoding", "chunked");
  ctx.status = 200;
  ctx.type = type;
  ctx.set("x-accel-buffering", "no");
  ctx.respond = false;
  ctx.state.live = live;
  if (ctx.method === "HEAD") live.end("done");
}
