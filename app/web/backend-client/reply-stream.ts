import { sentence } from "../../core/texts/catalogue";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { z } from "zod";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import { ReplyEvent } from "../../core/domain/records";
import {
  abortable,
  NOT_NEEDED,
  pause,
  TimeoutError,
  withTimeout,
} from "../../core/runtime/async";
import type { FollowedEvent } from "./api";
import type { StreamAnswer } from "./transport";

export interface FollowReplyOptions {
  /**
   * Requests the reply's stream from any backend process.
   *
   * @param query For the stream's URL: `?ahead=true&live=sse&offset=…`.
   * @param signal Closes the connection.
   * @throws Any error but a VisibleError: the request is repeated.
   */
  open(this: void, query: string, signal: AbortSignal): Promise<StreamAnswer>;
  /** Position after which to continue; `undefined` for the beginning. */
  offset: string | undefined;
  signal: AbortSignal;
  /** Silence after which a connection counts as lost; heartbeats come every 2 seconds. */
  silenceMs?: number;
  /** Time without a connection after which the visitor gets a notice. */
  patienceMs?: number;
  onLost?(this: void, error: unknown): void;
}

const SILENCE_MS = 5_000;
const PATIENCE_MS = 3_000;

/** Balances the gap after a crash against the load when all clients reconnect. */
const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 1_000;

/** Far longer than the response takes to end after its last event. */
const LINGER_MS = 1_000;

const UNREACHABLE =
  "The connection to the server that writes this reply is lost. The reply goes on as soon as it is back.";

/**
 * Yields a reply's events after an offset, until its end, without a lost or doubled character. Lost
 * connections are reopened to any process. Ends early when aborted.
 *
 * @throws NotFoundError if there is no such reply; VisibleError for a request that every process
 *   would refuse.
 */
export async function* followReply(
  options: FollowReplyOptions,
): AsyncGenerator<FollowedEvent, void> {
  const { signal, patienceMs = PATIENCE_MS } = options;
  let offset = options.offset ?? "-1";
  let pauseMs = FIRST_PAUSE_MS;
  let lostAt: number | undefined;
  while (!signal.aborted) {
    for await (const items of connection(options, offset)) {
      lostAt = undefined;
      pauseMs = FIRST_PAUSE_MS;
      for (const item of items) {
        ({ offset } = item);
        if (item.event) yield { event: item.event, offset };
        if (item.isEnd) return;
      }
    }
    if (signal.aborted) return;
    lostAt ??= performance.now();
    if (performance.now() - lostAt > patienceMs) {
      // Once per outage.
      lostAt = Infinity;
      yield { event: { kind: "notice", notice: UNREACHABLE }, offset };
    }
    // Jitter: clients that lost the same process must not reconnect at the same moment.
    await pause(pauseMs * (0.5 + Math.random() / 2), signal);
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
  }
}

/** The items of one connection, until it ends, breaks or falls silent. A heartbeat has none. */
async function* connection(
  options: FollowReplyOptions,
  offset: string,
): AsyncGenerator<StreamItem[], void> {
  const { silenceMs = SILENCE_MS } = options;
  const controller = new AbortController();
  const signal = AbortSignal.any([options.signal, controller.signal]);
  const query = `?ahead=true&live=sse&offset=${encodeURIComponent(offset)}`;
  const silence = setTimeout(() => {
    controller.abort(new TimeoutError(`No data within ${silenceMs} ms`));
  }, silenceMs);
  let hasEnded = false;
  try {
    const opened = options.open(query, signal);
    const answer = await withTimeout(opened, silenceMs, { signal });
    await requireOk(answer);
    const body = abortable(() => keptOpen(answer.body), signal);
    for await (const items of parse(body)) {
      silence.refresh();
      hasEnded = items.at(-1)?.isEnd === true;
      yield items;
    }
  } catch (error) {
    // A lasting refusal: see `requireOk`.
    if (error instanceof VisibleError) throw error;
    // The next connection continues at the offset.
    if (!options.signal.aborted) options.onLost?.(error);
  } finally {
    clearTimeout(silence);
    // A response that is about to end leaves its connection to the pool.
    if (hasEnded)
      setTimeout(() => controller.abort(NOT_NEEDED), LINGER_MS).unref();
    else controller.abort(NOT_NEEDED);
  }
}

/** A body whose iterator has no `return`: that would destroy the body, and with it the connection. */
function keptOpen(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) };
}

/** Statuses that another process, or the same one later, may not return. */
const TRANSIENT = new Set([401, 408, 429]);

/** @throws VisibleError for a lasting refusal, Error for a transient one. */
async function requireOk({ status, body }: StreamAnswer): Promise<void> {
  if (status === 200) return;
  const detail = await problemDetail(body);
  if (status === 404) throw new NotFoundError("reply");
  if (status >= 500 || TRANSIENT.has(status)) {
    throw new Error(`the backend answered ${status}`);
  }
  throw new VisibleError(status, detail ?? sentence("problem.cannotFollow"));
}

const Problem = z.object({ detail: z.string() });
const MAX_PROBLEM_BYTES = 16_384;

async function problemDetail(
  body: AsyncIterable<Uint8Array>,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_PROBLEM_BYTES) return undefined;
    }
    return Problem.parse(JSON.parse(Buffer.concat(chunks).toString())).detail;
  } catch {
    return undefined;
  }
}

interface StreamItem {
  /** `undefined` if only the offset has moved. */
  event: ReplyEvent | undefined;
  /** Position after which to continue. */
  offset: string;
  /** True for the last item. */
  isEnd: boolean;
}

/**
 * Parses server-sent events in the format of the Durable Streams protocol.
 *
 * @returns the items of each chunk, none for a heartbeat.
 * @throws Error if the format is wrong.
 */
async function* parse(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<StreamItem[], void> {
  const decoder = new TextDecoder();
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  let events: ReplyEvent[] = [];
  for await (const chunk of body) {
    const items: StreamItem[] = [];
    parser.feed(decoder.decode(chunk, { stream: true }));
    for (const { event, data } of messages.splice(0)) {
      if (event === "data") events = Events.parse(JSON.parse(data));
      if (event !== "control") continue;
      items.push(...toItems(events, Control.parse(JSON.parse(data))));
      events = [];
    }
    yield items;
  }
}

const KINDS = new Set<string>(
  ReplyEvent.options.map(({ shape }) => shape.kind.value),
);

/** Skips kinds of events that only a newer backend knows: a rollout has both versions. */
const Events = z.preprocess(
  (events) => (Array.isArray(events) ? events.filter(mayBeKnown) : events),
  z.array(ReplyEvent),
);

/** False for a well-formed event of an unknown kind. */
function mayBeKnown(event: unknown): boolean {
  if (typeof event !== "object" || event === null) return true;
  const kind = "kind" in event ? event.kind : undefined;
  return typeof kind !== "string" || KINDS.has(kind);
}

const Control = z.object({
  streamNextOffset: z.string(),
  upToDate: z.boolean().optional(),
  streamClosed: z.boolean().optional(),
});

/** Events that arrive together share an offset. */
function toItems(
  events: ReplyEvent[],
  control: z.output<typeof Control>,
): StreamItem[] {
  const offset = control.streamNextOffset;
  const isClosed = control.streamClosed === true;
  if (events.length === 0) {
    return [{ event: undefined, offset, isEnd: isClosed }];
  }
  const isLast = isClosed || control.upToDate === true;
  return events.map((event, index) => ({
    event,
    offset,
    isEnd: isLast && index === events.length - 1 && event.kind === "end",
  }));
}
