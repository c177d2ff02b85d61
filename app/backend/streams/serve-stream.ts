import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { Context } from "koa";
import { NotFoundError } from "../../core/domain/errors";
import { formatOffset, type Offset } from "../replies/log/offset";
import { isJson, isText } from "./content-types";
import { encodeEvents, type EventTimes } from "./encode-events";
import { readRequest, type ReadRequest } from "./read-request";
import { streamCursor } from "./stream-cursor";
import type { StreamChunk, StreamMessage, StreamSource } from "./stream-source";

export interface ServeOptions extends EventTimes {
  /** How long a long-poll waits, in milliseconds. */
  longPollMs: number;
  /** Aborts when live readers should go elsewhere. */
  leave: (signal: AbortController) => () => void;
}

/** Bytes of one answer: more is told in the next. */
const CHUNK_BYTES = 1024 * 1024;

const VALUE = "true";

/** Answers `GET` and `HEAD` of a stream by the Durable Streams protocol. */
export async function serveStream(
  ctx: Context,
  source: StreamSource,
  options: ServeOptions,
): Promise<void> {
  ctx.set({
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
  });
  if (ctx.method === "HEAD") return answerHead(ctx, source);
  const request = readRequest(ctx);
  const from = request.from === "now" ? await tail(source) : request.from;
  if (request.live === "sse") {
    return answerEvents(ctx, source, from, request, options);
  }
  const chunk = bounded(await read(source, from), from);
  const isWaiting = request.live === "long-poll" && chunk.messages.length === 0;
  if (isWaiting && !chunk.isClosed) {
    return answerLater(ctx, source, chunk, request, options);
  }
  answerChunk(ctx, source, from, chunk, request);
}

async function read(
  source: StreamSource,
  from: Offset,
  { ahead }: Pick<ReadRequest, "ahead"> = { ahead: false },
) {
  const chunk = await source.read(from, { ahead });
  if (!chunk) throw new NotFoundError("stream");
  return chunk;
}

async function tail(source: StreamSource): Promise<Offset> {
  return (await read(source, { entry: 0, bytes: 0 })).next;
}

async function answerHead(ctx: Context, source: StreamSource): Promise<void> {
  const { next, isClosed } = await read(source, { entry: 0, bytes: 0 });
  ctx.status = 200;
  ctx.set("content-type", source.contentType);
  ctx.set("stream-next-offset", formatOffset(next));
  if (isClosed) ctx.set("stream-closed", VALUE);
}

/** No more than fits one answer; one message always does. */
function bounded(chunk: StreamChunk, from: Offset): StreamChunk {
  let bytes = 0;
  const fits = chunk.messages.findIndex(({ data }, index) => {
    bytes += data.length;
    return index > 0 && bytes > CHUNK_BYTES;
  });
  if (fits === -1) return chunk;
  const messages = chunk.messages.slice(0, fits);
  const next = messages.at(-1)?.at ?? from;
  return { messages, next, isUpToDate: false, isClosed: false };
}

function answerChunk(
  ctx: Context,
  source: StreamSource,
  from: Offset,
  chunk: StreamChunk,
  request: ReadRequest,
): void {
  setPlace(ctx, chunk);
  if (request.live) ctx.set("stream-cursor", streamCursor(request.cursor));
  if (request.live && chunk.messages.length === 0) {
    ctx.status = 204;
    return;
  }
  if (request.from !== "now") setTag(ctx, from, chunk);
  if (isKnown(ctx)) {
    ctx.status = 304;
    return;
  }
  ctx.status = 200;
  ctx.body = encodeBody(source, chunk.messages);
  ctx.set("content-type", source.contentType);
}

/**
 * Whether the reader has this very answer, whatever else it says of its cache. A proxy that
 * compresses what it passes on makes tags weak.
 */
function isKnown(ctx: Context): boolean {
  const tag = ctx.response.get("etag");
  const known = ctx
    .get("if-none-match")
    .split(",")
    .map((one) => one.trim().replace(/^W\//, ""));
  return tag !== "" && (known.includes(tag) || known.includes("*"));
}

function setPlace(ctx: Context, chunk: StreamChunk): void {
  ctx.set("stream-next-offset", formatOffset(chunk.next));
  if (chunk.isUpToDate) ctx.set("stream-up-to-date", VALUE);
  if (chunk.isClosed) ctx.set("stream-closed", VALUE);
}

/** What lies between two places never changes, so these and the closure are all there is to it. */
function setTag(ctx: Context, from: Offset, chunk: StreamChunk): void {
  const id = createHash("sha256").update(ctx.path).digest("base64url");
  const state = chunk.isClosed ? ":c" : chunk.isUpToDate ? "" : ":p";
  const places = `${formatOffset(from)}:${formatOffset(chunk.next)}${state}`;
  ctx.set("etag", `"${id.slice(0, 16)}:${places}"`);
  ctx.set("cache-control", "private, no-cache");
}

function encodeBody(source: StreamSource, messages: StreamMessage[]): Buffer {
  const parts = messages.map(({ data }) => data);
  if (!isJson(source.contentType)) return Buffer.concat(parts);
  const separated = parts.flatMap((part) => [COMMA, part]).slice(1);
  return Buffer.concat([OPEN, ...separated, CLOSE]);
}

const [OPEN, COMMA, CLOSE] = ["[", ",", "]"].map((text) =>
  Buffer.from(text),
) as [Buffer, Buffer, Buffer];

async function answerLater(
  ctx: Context,
  source: StreamSource,
  chunk: StreamChunk,
  request: ReadRequest,
  options: ServeOptions,
): Promise<void> {
  const controller = abortedWith(ctx, options);
  const timer = setTimeout(() => controller.abort(), options.longPollMs);
  const { signal } = controller;
  const lines = source.follow(chunk.next, { ahead: request.ahead, signal });
  for await (const { data, at, isClosed } of lines) {
    clearTimeout(timer);
    answerChunk(
      ctx,
      source,
      chunk.next,
      {
        messages: data.map((one) => ({ data: one, at })),
        next: at,
        isUpToDate: true,
        isClosed,
      },
      request,
    );
    return;
  }
  clearTimeout(timer);
  const now = await read(source, chunk.next);
  answerChunk(ctx, source, chunk.next, now, request);
}

function answerEvents(
  ctx: Context,
  source: StreamSource,
  from: Offset,
  request: ReadRequest,
  options: ServeOptions,
): Promise<void> {
  const controller = abortedWith(ctx, options);
  return startEvents(ctx, source, from, request, options, controller);
}

async function startEvents(
  ctx: Context,
  source: StreamSource,
  from: Offset,
  request: ReadRequest,
  options: ServeOptions,
  controller: AbortController,
): Promise<void> {
  const first = bounded(await read(source, from, request), from);
  const events = encodeEvents(source, first, request, options, controller);
  ctx.status = 200;
  ctx.set("content-type", "text/event-stream");
  ctx.set("cache-control", "no-cache");
  ctx.set("x-accel-buffering", "no");
  if (!isText(source.contentType)) {
    ctx.set("stream-sse-data-encoding", "base64");
  }
  ctx.body = Readable.from(events, { objectMode: false });
}

/** Ends the work when the reader has gone, or should. */
function abortedWith(ctx: Context, options: ServeOptions): AbortController {
  const controller = new AbortController();
  const forget = options.leave(controller);
  ctx.res.once("close", () => {
    forget();
    controller.abort();
  });
  return controller;
}
