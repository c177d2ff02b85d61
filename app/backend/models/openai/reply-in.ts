import { setTimeout } from "node:timers/promises";
import type { Response } from "undici";
import { ModelError, type ModelEvent } from "../model";
import { interrupted, nonsense, wrongUrl } from "./errors";
import { textUpTo } from "./openai-client";
import {
  createReplyReader,
  eventsOfWhole,
  type ReplyReader,
} from "./read-reply";

/**
 * The reply in a server's answer, streamed or whole.
 *
 * @throws ModelError out of the iteration where the answer is none, or is cut.
 */
export function replyIn(
  response: Response,
  signal: AbortSignal,
): AsyncIterable<ModelEvent> {
  return isWhole(response)
    ? wholeReply(response)
    : streamedReply(response, signal);
}

const wholeMost = 32 * 1024 * 1024;

function isWhole(response: Response): boolean {
  const type = response.headers.get("content-type") ?? "";
  return /^(?:application\/json|text\/html)\b/i.test(type);
}

/** Some servers don't stream, though asked to; and some addresses are a web site's. */
async function* wholeReply(response: Response): AsyncGenerator<ModelEvent> {
  const text = await textUpTo(response, wholeMost);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw /^\s*</.test(text)
      ? wrongUrl("It answered with a web page.")
      : nonsense(text.slice(0, 200));
  }
  yield* eventsOfWhole(body);
}

/** How long the end of a stream is waited for when the reply itself is at its end. */
const graceMs = { finished: 2_000, done: 100 };

async function* streamedReply(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const reader = createReplyReader();
  const decoder = new TextDecoder();
  const parts = response.body?.[Symbol.asyncIterator]();
  for (;;) {
    const state = reader.state();
    const part = parts && (await nextPart(parts, state, signal));
    if (part === undefined) break;
    yield* reader.feed(decoder.decode(part, { stream: true }));
  }
  yield* reader.end();
}

/** The next bytes; `undefined` at the end, and where nothing more that matters can come. */
async function nextPart(
  parts: AsyncIterator<Uint8Array>,
  state: ReturnType<ReplyReader["state"]>,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const next = parts.next().catch((error: unknown) => {
    signal.throwIfAborted();
    if (state !== "writing") return { done: true as const, value: undefined };
    throw error instanceof ModelError
      ? error
      : interrupted("the connection broke", error);
  });
  const result = await (state === "writing"
    ? next
    : atMost(graceMs[state], next));
  return result?.done === true ? undefined : result?.value;
}

async function atMost<T>(
  ms: number,
  promise: Promise<T>,
): Promise<T | undefined> {
  const enough = new AbortController();
  try {
    return await Promise.race([
      promise,
      setTimeout(ms, undefined, { signal: enough.signal }).catch(
        () => undefined,
      ),
    ]);
  } finally {
    enough.abort();
  }
}
