import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Router } from "@koa/router";
import Koa, { type Context } from "koa";
import { request } from "undici";
import { toVisibleError } from "../../../app/core/domain/errors";
import { createPeerClient } from "../../../app/backend/replies/writing/peer-client";
import { servePeers } from "../../../app/backend/routes/peers";
import { serveStream } from "../../../app/backend/streams/serve-stream";
import { HeldElsewhere, LogStreams } from "./log-streams";
import { readAppend } from "./read-append";

/*
 * A process that serves the streams of a directory, its only argument, together with others.
 * Prints its address.
 */

const LEASE_MS = 2_000;

const notYet: RequestListener = (_request, response) => {
  response.writeHead(503).end();
};

async function main(directory: string): Promise<void> {
  const app = new Koa();
  app.on("error", () => undefined);
  let handle: RequestListener = notYet;
  const server = createServer((...args) => handle(...args));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}`;
  const peers = createPeerClient({
    token: () => Promise.resolve("conformance"),
    silenceMs: LEASE_MS,
  });
  const streams = new LogStreams({
    directory,
    address,
    peers,
    leaseMs: LEASE_MS,
  });
  const router = new Router();
  servePeers(router, streams);
  app.use((ctx, next) => answerErrors(ctx, next));
  app.use(router.routes());
  app.use((ctx) => serve(ctx, streams));
  const callback = app.callback();
  handle = (...args) => void callback(...args);
  console.log(address);
}

async function answerErrors(ctx: Context, next: Koa.Next): Promise<void> {
  ctx.set({
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "no-store",
  });
  try {
    await next();
  } catch (error) {
    const { status, message } = toVisibleError(error);
    if (status >= 500) console.error(error);
    ctx.status = status;
    ctx.body = message;
  }
}

async function serve(ctx: Context, streams: LogStreams): Promise<void> {
  if (ctx.method === "GET" || ctx.method === "HEAD") {
    return serveStream(ctx, await streams.source(ctx.path), {
      heartbeatMs: 2_000,
      longPollMs: 2_000,
      eventsMs: 60_000,
      abortOnDrain: () => () => undefined,
    });
  }
  const body = await readAll(ctx.req);
  try {
    await write(ctx, streams, body);
  } catch (error) {
    if (!(error instanceof HeldElsewhere)) throw error;
    await forward(ctx, error.epoch.holder, body);
  }
}

async function write(
  ctx: Context,
  streams: LogStreams,
  body: Buffer,
): Promise<void> {
  if (ctx.method === "DELETE") {
    await streams.delete(ctx.path);
    ctx.status = 204;
    return;
  }
  const given = ctx.get("content-type");
  const sent = { method: ctx.method, headers: ctx.req.headers, body };
  if (ctx.method === "PUT") {
    const contentType = given === "" ? "application/octet-stream" : given;
    const first = await readAppend(sent, () => Promise.resolve(contentType));
    answer(ctx, await streams.create(ctx.path, contentType, first));
  } else if (ctx.method === "POST") {
    const append = await readAppend(
      sent,
      async () => (await streams.written(ctx.path)).contentType,
    );
    answer(ctx, await streams.append(ctx.path, append));
  } else {
    ctx.status = 405;
  }
}

function answer(
  ctx: Context,
  { status, headers }: Awaited<ReturnType<LogStreams["append"]>>,
): void {
  ctx.status = status;
  ctx.body = status === 204 ? null : "";
  ctx.set(headers);
}

async function forward(ctx: Context, to: string, body: Buffer): Promise<void> {
  const headers = Object.fromEntries(
    Object.entries(ctx.req.headers).filter(([name]) => !HOP.has(name)),
  );
  const answered = await request(to + ctx.url, {
    method: ctx.method as "POST",
    headers,
    body,
  });
  ctx.status = answered.statusCode;
  const content = await readAll(answered.body);
  ctx.body = answered.statusCode === 204 ? null : content;
  for (const [name, value] of Object.entries(answered.headers)) {
    if (value && !HOP.has(name)) ctx.set(name, value);
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Hop-by-hop headers. */
const HOP = new Set([
  "connection",
  "date",
  "host",
  "keep-alive",
  "transfer-encoding",
]);

void main(process.argv[2] ?? "");
