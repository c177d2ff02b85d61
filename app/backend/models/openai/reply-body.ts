import { createParser } from "eventsource-parser";
import { leave, resultWithin } from "../../../core/runtime/async";
import type { Interval } from "../../../core/runtime/update-interval";
import { inBatches } from "../in-batches";
import { joinPieces } from "../join-pieces";
import { ModelError, type ModelEvent } from "../model";
import { interrupted, nonsense, webPage } from "./errors";
import { fail, type ReplyReader } from "./reply-reader";

/** No event, and no reply that comes as one JSON text, is longer than this, in characters. */
const MAX_LENGTH = 8 * 1024 * 1024;

/** The longest wait for the end of a stream once its reply is at its end. */
const graceMs = { "perhaps finished": 30_000, finished: 2_000, done: 100 };

/**
 * The reply in a response's body, streamed or whole.
 *
 * @param interval Between two reads of what has arrived.
 * @throws ModelError out of the iteration if the body holds no reply, or only part of one.
 */
export async function* readReplyBody(
  sent: AsyncIterable<Uint8Array>,
  reader: ReplyReader,
  signal: AbortSignal,
  interval: Interval,
): AsyncGenerator<ModelEvent> {
  const body = createBodyParser(reader);
  const decoder = new TextDecoder();
  const batches = inBatches(sent, interval);
  try {
    for (;;) {
      const batch = await nextBatch(batches, reader.state(), signal);
      if (batch === undefined) break;
      const bytes = Buffer.concat(batch);
      const text = decoder.decode(bytes, { stream: true });
      for (const event of eventsOf(reader, () => body.push(text))) yield event;
    }
  } finally {
    leave(batches);
  }
  yield* eventsOf(reader, () => body.end());
  yield* reader.end();
}

/** The events that come before an error are delivered first. */
function* eventsOf(
  reader: ReplyReader,
  parse: () => void,
): Generator<ModelEvent> {
  try {
    parse();
  } finally {
    yield* joinPieces(reader.drain());
  }
}

interface BodyParser {
  push(text: string): void;
  end(): void;
}

/** Recognizes the format by the body's first character: content types are often wrong. */
function createBodyParser(reader: ReplyReader): BodyParser {
  let head = "";
  let parser: BodyParser | undefined;
  return {
    push(text) {
      if (parser) return parser.push(text);
      head += text;
      const first = head.trimStart().charAt(0);
      if (head.length > MAX_LENGTH) throw nonsense("it is empty and endless");
      if (first === "") return;
      if (first === "<") throw webPage(head);
      parser = "{[".includes(first)
        ? createJsonParser(reader)
        : createEventParser(reader, head);
      parser.push(head);
    },
    end: () => parser?.end(),
  };
}

function createEventParser(reader: ReplyReader, head: string): BodyParser {
  let isEnding = false;
  let isEmpty = true;
  const parser = createParser({
    maxBufferSize: MAX_LENGTH,
    onEvent: ({ data, event }) => {
      isEmpty = false;
      if (data.trim() !== "") readData(reader, data, isEnding, event);
    },
    onError: ({ type, field, value }) => {
      // Servers of llama.cpp from before 2026 send `error: {…}`, a field that SSE doesn't know.
      if (field === "error") fail(value && parseOrText(value));
      if (type === "max-buffer-size-exceeded") throw nonsense(type);
    },
  });
  return {
    push: (text) => parser.feed(text),
    end() {
      // The last event of some servers lacks the empty line after it.
      isEnding = true;
      parser.feed("\n\n");
      if (isEmpty && !/^\s*:/.test(head)) throw nonsense(head.slice(0, 200));
    },
  };
}

/** A single JSON text, or several on lines. */
function createJsonParser(reader: ReplyReader): BodyParser {
  let rest = "";
  let count = 0;
  let isOneText = false;
  let isStream = false;

  function take(text: string, isEnding: boolean): void {
    count++;
    isStream ||= text.includes('"delta"');
    const body = parsed(text);
    if (Array.isArray(body)) for (const chunk of body) reader.read(chunk);
    else readData(reader, text, isEnding);
  }

  function takeLines(): void {
    for (let end; (end = rest.indexOf("\n")) !== -1;) {
      const line = rest.slice(0, end).trim();
      isOneText = count === 0 && line !== "" && parsed(line) === undefined;
      if (isOneText) return;
      rest = rest.slice(end + 1);
      if (line !== "") take(line, false);
    }
  }

  return {
    push(text) {
      rest += text;
      if (rest.length > MAX_LENGTH) throw nonsense("it is too long");
      if (!isOneText) takeLines();
    },
    end() {
      if (rest.trim() !== "") take(rest.trim(), true);
      // A whole completion needs no announcement of its end.
      if (count === 1 && !isStream) reader.done();
    },
  };
}

/** @param isEnding True if nothing follows: then the JSON may have been cut. */
function readData(
  reader: ReplyReader,
  data: string,
  isEnding: boolean,
  event?: string,
): void {
  if (data.trim() === "[DONE]") return reader.done();
  const body = parsed(data);
  if (body === undefined) {
    throw isEnding
      ? interrupted("in the middle of an event")
      : nonsense(data.slice(0, 200));
  }
  reader.read(body, event);
}

/** `undefined` if it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const parseOrText = (text: string): unknown => parsed(text) ?? text;

/** The next bytes; `undefined` at the end, and if nothing more that matters can come. */
async function nextBatch(
  batches: AsyncGenerator<Uint8Array[], void>,
  state: ReturnType<ReplyReader["state"]>,
  signal: AbortSignal,
): Promise<Uint8Array[] | undefined> {
  const next = batches.next().catch((error: unknown) => {
    signal.throwIfAborted();
    if (state !== "writing") return { done: true as const, value: undefined };
    throw error instanceof ModelError
      ? error
      : interrupted("the connection broke", error);
  });
  const result = await (state === "writing"
    ? next
    : resultWithin(next, graceMs[state]));
  return result?.done === true ? undefined : result?.value;
}
