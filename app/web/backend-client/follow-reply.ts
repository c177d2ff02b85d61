import { z } from "zod";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import { pause } from "../../core/runtime/async";
import type { FollowedEvent } from "./api";
import type { StreamAnswer } from "./transport";
import { readReplyStream, type Told, within } from "./read-reply-stream";

export interface FollowReplyOptions {
  /**
   * Asks any backend for the reply's stream, another one if the last has failed.
   *
   * @param query To be appended to the stream's URL: `?ahead=true&live=sse&offset=…`.
   * @param signal Lets go of the connection.
   * @throws Anything, if there is no answer: it is tried again.
   */
  open(this: void, query: string, signal: AbortSignal): Promise<StreamAnswer>;
  /** What to go on after; `undefined` for the beginning. */
  offset: string | undefined;
  signal: AbortSignal;
  /**
   * How long a backend may say nothing, in milliseconds, before it counts as gone. It gives signs
   * of life every 2 seconds.
   */
  silenceMs?: number;
  /** After how many milliseconds without a connection the visitor is told. */
  patienceMs?: number;
  /** Told why a connection was lost. */
  onLost?(this: void, error: unknown): void;
}

const SILENCE_MS = 5_000;
const PATIENCE_MS = 3_000;

/** Balances a pause after a crash against the load of all who come again. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;

/** Far longer than the end of an answer takes after the end of its reply. */
const LINGER_MS = 1_000;

const UNREACHABLE =
  "The connection to the server that writes this reply is lost. The reply goes on as soon as it is back.";

/**
 * A reply's events after an offset, to its end, over lost connections and lost backends, without
 * a lost or doubled character. Ends early when aborted.
 *
 * @throws NotFoundError if there is no such reply; VisibleError for a request that no backend
 *   will answer.
 */
export async function* followReply(
  options: FollowReplyOptions,
): AsyncGenerator<FollowedEvent, void> {
  const { signal, patienceMs = PATIENCE_MS } = options;
  let offset = options.offset ?? "-1";
  let pauseMs = FIRST_PAUSE_MS;
  let lostAt: number | undefined;
  while (!signal.aborted) {
    for await (const told of connection(options, offset)) {
      lostAt = undefined;
      pauseMs = FIRST_PAUSE_MS;
      if (told === "alive") continue;
      ({ offset } = told);
      if (told.event) yield { event: told.event, offset };
      if (told.isEnd) return;
    }
    if (signal.aborted) return;
    lostAt ??= performance.now();
    if (performance.now() - lostAt > patienceMs) {
      // Once for each time that it is lost.
      lostAt = Infinity;
      yield { event: { kind: "notice", notice: UNREACHABLE }, offset };
    }
    // Varied, so that not all who lost the same backend come again at once.
    await pause(pauseMs * (0.5 + Math.random() / 2), signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** What one connection tells, until it ends, breaks or falls silent. */
async function* connection(
  options: FollowReplyOptions,
  offset: string,
): AsyncGenerator<Told | "alive", void> {
  const { silenceMs = SILENCE_MS } = options;
  const controller = new AbortController();
  const signal = AbortSignal.any([options.signal, controller.signal]);
  const query = `?ahead=true&live=sse&offset=${encodeURIComponent(offset)}`;
  let hasEnded = false;
  try {
    const answer = await within(silenceMs, options.open(query, signal), signal);
    await refuse(answer);
    for await (const told of readReplyStream(answer.body, silenceMs, signal)) {
      hasEnded = told !== "alive" && told.isEnd;
      yield told;
    }
  } catch (error) {
    if (error instanceof VisibleError && error.status < 500) throw error;
    // Whatever happened to the connection: the next one goes on from the offset.
    if (!options.signal.aborted) options.onLost?.(error);
  } finally {
    // An answer that is over in a moment leaves its connection for the next.
    if (hasEnded) setTimeout(() => controller.abort(), LINGER_MS).unref();
    else controller.abort();
  }
}

/** Other processes, or this one in a while, may answer these otherwise. */
const PASSING = new Set([401, 408, 429]);

/** @throws VisibleError for an answer that stays the same, Error for one that may pass. */
async function refuse({ status, body }: StreamAnswer): Promise<void> {
  if (status === 200) return;
  const detail = await problemDetail(body);
  if (status === 404) throw new NotFoundError("reply");
  if (status >= 500 || PASSING.has(status)) {
    throw new Error(`the backend answered ${status}`);
  }
  throw new VisibleError(status, detail ?? "This reply can't be followed.");
}

const Problem = z.object({ detail: z.string() });
const PROBLEM_BYTES = 16_384;

async function problemDetail(
  body: AsyncIterable<Uint8Array>,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > PROBLEM_BYTES) return undefined;
    }
    return Problem.parse(JSON.parse(Buffer.concat(chunks).toString())).detail;
  } catch {
    return undefined;
  }
}
