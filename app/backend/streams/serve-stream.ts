import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { Context } from "koa";
import { NOT_NEEDED } from "../../core/runtime/async";
import { NotFoundError } from "../../core/domain/errors";
import { formatOffset, logStart, type Offset } from "../replies/log/offset";
import { isJson, isText } from "./content-types";
import { encodeEvents } from "./encode-events";
import { nextCursor, readRequest, type ReadRequest } from "./read-request";
import type {
  Stream,
  StreamChunk,
  StreamMessage,
  StreamReader,
} from "./stream";

export interface ServeOptions {
  longPollMs: number;
  /** Interval of heartbeats while the stream is silent. */
  heartbeatMs: number;
  /** Duration of an event stream. Clients reconnect and thereby spread over all processes. */
  eventsMs: number;
  /** Registers a live response to be aborted by a drain; returns how to unregister. */
  abortOnDrain: (controller: AbortController) => () => void;
}

/** Balances memory for one response against the number of responses. */
const CHUNK_BYTES = 1024 * 1024;

const TRUE = "true";

/** Responds to `GET` and `HEAD` by the Durable Streams protocol. */
export async function serveStream(
  ctx: Context,
  stream: Stream,
  options: ServeOptions,
): Promise<void> {
  ctx.set({
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
  });
  const { committed } = stream;
  if (ctx.method === "HEAD") return respondHead(ctx, stream);
  const request = readRequest(ctx);
  const live = request.isUncommitted ? stream.live : committed;
  const from = request.from === "now" ? await tail(committed) : request.from;
  if (request.live === "sse") {
    const { cursor } = request;
    const events = { ...options, contentType: stream.contentType, cursor };
    return respondEvents(ctx, live, from, events);
  }
  const chunk = bounded(await read(committed, from), from);
  const isEmpty = chunk.messages.length === 0 && !chunk.isClosed;
  if (request.live === "long-poll" && isEmpty) {
    const next = await waitForNext(ctx, live, chunk.next, options);
    const found = next ?? (await read(committed, chunk.next));
    return respondChunk(ctx, stream.contentType, chunk.next, found, request);
  }
  respondChunk(ctx, stream.contentType, from, chunk, request);
}

async function read(reader: StreamReader, from: Offset): Promise<StreamChunk> {
  const chunk = await reader.read(from);
  if (!chunk) throw new NotFoundError("stream");
  return chunk;
}

async function tail(reader: StreamReader): Promise<Offset> {
  return (await read(reader, logStart)).next;
}

async function respondHead(ctx: Context, stream: Stream): Promise<void> {
  const { next, isClosed } = await read(stream.committed, logStart);
  ctx.status = 200;
  ctx.set("content-type", stream.contentType);
  ctx.set("stream-next-offset", formatOffset(next));
  if (isClosed) ctx.set("stream-closed", TRUE);
}

/** Cuts a chunk to the size of one response, and to one message at least. */
function bounded(chunk: StreamChunk, from: Offset): StreamChunk {
  let bytes = 0;
  const end = chunk.messages.findIndex(({ data }, index) => {
    bytes += data.length;
    return index > 0 && bytes > CHUNK_BYTES;
  });
  if (end === -1) return chunk;
  const messages = chunk.messages.slice(0, end);
  const next = messages.at(-1)?.offset ?? from;
  return { messages, next, isUpToDate: false, isClosed: false };
}

function respondChunk(
  ctx: Context,
  contentType: string,
  from: Offset,
  chunk: StreamChunk,
  request: ReadRequest,
): void {
  ctx.set("stream-next-offset", formatOffset(chunk.next));
  if (chunk.isUpToDate) ctx.set("stream-up-to-date", TRUE);
  if (chunk.isClosed) ctx.set("stream-closed", TRUE);
  if (request.live) ctx.set("stream-cursor", nextCursor(request.cursor));
  if (request.live && chunk.messages.length === 0) {
    ctx.status = 204;
    return;
  }
  if (request.from !== "now") setTag(ctx, from, chunk);
  if (isCached(ctx)) {
    ctx.status = 304;
    return;
  }
  ctx.status = 200;
  ctx.body = encodeBody(contentType, chunk.messages);
  ctx.set("content-type", contentType);
}

/** The messages between two offsets never change, so the offsets and the closure identify them. */
function setTag(ctx: Context, from: Offset, chunk: StreamChunk): void {
  const id = createHash("sha256").update(ctx.path).digest("base64url");
  const state = chunk.isClosed ? ":c" : chunk.isUpToDate ? "" : ":p";
  const range = `${formatOffset(from)}:${formatOffset(chunk.next)}${state}`;
  ctx.set("etag", `"${id.slice(0, 16)}:${range}"`);
  ctx.set("cache-control", "private, no-cache");
}

/** Ignores weakness: a proxy that compresses responses makes their tags weak. */
function isCached(ctx: Context): boolean {
  const tag = ctx.response.get("etag");
  const known = ctx
    .get("if-none-match")
    .split(",")
    .map((one) => one.trim().replace(/^W\//, ""));
  return tag !== "" && (known.includes(tag) || known.includes("*"));
}

function encodeBody(contentType: string, messages: StreamMessage[]): Buffer {
  const data = messages.map((message) => message.data);
  if (!isJson(contentType)) return Buffer.concat(data);
  const separated = data.flatMap((one) => [COMMA, one]).slice(1);
  return Buffer.concat([OPEN, ...separated, CLOSE]);
}

const OPEN = Buffer.from("[");
const COMMA = Buffer.from(",");
const CLOSE = Buffer.from("]");

/** @returns `undefined` if nothing came in time. */
async function waitForNext(
  ctx: Context,
  reader: StreamReader,
  from: Offset,
  options: ServeOptions,
): Promise<StreamChunk | undefined> {
  const { signal, abort } = liveController(ctx, options.longPollMs, options);
  try {
    for await (const chunk of reader.follow(from, signal)) return chunk;
    return undefined;
  } finally {
    abort();
  }
}

async function respondEvents(
  ctx: Context,
  reader: StreamReader,
  from: Offset,
  options: ServeOptions & { contentType: string; cursor: string | undefined },
): Promise<void> {
  const { signal, abort } = liveController(ctx, options.eventsMs, options);
  const first = bounded(await read(reader, from), from);
  const chunks = continued(reader, first, signal, abort);
  ctx.status = 200;
  ctx.set("content-type", "text/event-stream");
  ctx.set("cache-control", "no-cache");
  ctx.set("x-accel-buffering", "no");
  if (!isText(options.contentType)) {
    ctx.set("stream-sse-data-encoding", "base64");
  }
  const events = encodeEvents(chunks, options);
  ctx.body = Readable.from(events, { objectMode: false });
}

async function* continued(
  reader: StreamReader,
  first: StreamChunk,
  signal: AbortSignal,
  abort: () => void,
): AsyncGenerator<StreamChunk, void> {
  try {
    yield first;
    if (!first.isClosed) yield* reader.follow(first.next, signal);
  } finally {
    abort();
  }
}

/** Aborts when the time is over, the client disconnects or the process drains. */
function liveController(ctx: Context, ms: number, options: ServeOptions) {
  const controller = new AbortController();
  const unregister = options.abortOnDrain(controller);
  const timer = setTimeout(() => controller.abort(NOT_NEEDED), ms);
  const abort = () => {
    clearTimeout(timer);
    controller.abort(NOT_NEEDED);
  };
  ctx.res.once("close", () => {
    unregister();
    abort();
  });
  return { signal: controller.signal, abort };
}
