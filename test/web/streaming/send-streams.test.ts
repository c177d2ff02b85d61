import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { Router } from "@koa/router";
import Koa from "koa";
import { createMetrics } from "../../../app/core/runtime/metrics";
import {
  respondWith,
  sendStreams,
} from "../../../app/web/middleware/send-streams";
import type {
  WebMiddleware,
  WebState,
} from "../../../app/web/middleware/web-context";
import { EventStreams } from "../../../app/web/streaming/event-streams";

/** Answers an error with a page. */
const answerError: WebMiddleware = async (ctx, next) => {
  try {
    await next();
  } catch {
    ctx.status = 500;
    ctx.body = "a page";
  }
};

const passOn: WebMiddleware = (_, next) => next();

it.each([
  ["is answered with a page", answerError, "a page"],
  ["no step answers", passOn, "Internal Server Error"],
])(
  "ends a stream and gives its place back before an answer is sent where an error %s",
  async (_, answer, text) => {
    const streams = new EventStreams(createMetrics(), {
      heartbeatMs: 60_000,
      maxPerOwner: 1,
    });
    const open = ({ res }: { res: ServerResponse }) =>
      streams.open(res, "owner", "beat", () => undefined);
    const app = new Koa<WebState>();
    app.silent = true;
    let endedBy: string | undefined;
    app.use(async (ctx, next) => {
      await next().finally(() => {
        endedBy = ctx.state.live?.cause;
        // Fails if the place is still taken.
        open(ctx).end("done");
      });
    });
    app.use(sendStreams());
    app.use(answer);
    const router = new Router<WebState>();
    router.get("/", (ctx) => {
      respondWith(ctx, "text/event-stream", open(ctx));
      throw new Error("after the stream was opened");
    });
    app.use(router.routes());
    const server = app.listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const got = await fetch(`http://127.0.0.1:${port}/`);
      expect(got.status).toBe(500);
      expect(await got.text()).toBe(text);
      expect(endedBy).toBe("done");
    } finally {
      server.close();
    }
  },
);

test("a stream that has ended leaves its connection to further requests", async () => {
  const streams = new EventStreams(createMetrics(), {
    heartbeatMs: 60_000,
    maxPerOwner: 0,
  });
  const app = new Koa<WebState>();
  app.use(sendStreams());
  app.use((ctx) => {
    const live = streams.open(ctx.res, "owner", "beat", () => undefined);
    respondWith(ctx as never, "text/event-stream", live);
    live.write("all of it");
    setImmediate(() => live.end("done"));
  });
  const server = app.listen(0, "127.0.0.1");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  try {
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    for (const isReused of [false, true]) {
      const request = http.get({ port, host: "127.0.0.1", agent });
      const [answer] = (await once(request, "response")) as [IncomingMessage];
      expect(answer.headers["transfer-encoding"]).toBe("chunked");
      expect(await textOf(answer)).toBe("all of it");
      expect(request.reusedSocket).toBe(isReused);
    }
  } finally {
    agent.destroy();
    server.close();
  }
});
