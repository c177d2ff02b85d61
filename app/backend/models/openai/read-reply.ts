import { createParser } from "eventsource-parser";
import { z } from "zod";
import type { ModelEvent } from "../model";
import { complaintIn, isComplaint } from "./complaints";
import { interrupted, modelErrorFor, nonsense } from "./errors";
import { createThinkingSplitter } from "../thinking";

/** Some servers send text in parts: `[{type:"text",text:"…"},{type:"thinking",thinking:[…]}]`. */
const Part = z.looseObject({
  text: z.string().optional(),
  thinking: z.unknown().optional(),
});
const Content = z.union([z.string(), z.array(Part)]).nullish();

const Said = z
  .looseObject({
    content: Content.catch(undefined),
    reasoning_content: Content.catch(undefined),
    reasoning: Content.catch(undefined),
    refusal: z.string().nullish().catch(undefined),
  })
  .nullish();

const Choice = z.looseObject({
  delta: Said,
  message: Said,
  text: z.string().nullish(),
  finish_reason: z.string().nullish(),
});

const Tokens = z.number().int().min(0).catch(0);
const Chunk = z.looseObject({
  choices: z.array(Choice).nullish(),
  usage: z
    .looseObject({ prompt_tokens: Tokens, completion_tokens: Tokens })
    .nullish()
    .catch(undefined),
});
type Chunk = z.output<typeof Chunk>;

/** A reply that is read piece by piece, from whatever a server makes of the protocol. */
export interface ReplyReader {
  /** @throws ModelError for an error inside the stream, or what can't be read; after what came before it. */
  feed(text: string): Iterable<ModelEvent>;
  /** Where the reply stands: its last word was said, or even the end of the stream announced. */
  state(): "writing" | "finished" | "done";
  /** @throws ModelError (`interrupted`) if the reply isn't at its end. */
  end(): Iterable<ModelEvent>;
}

/** No event of a model is longer than this, in characters. */
const eventMost = 16 * 1024 * 1024;

export function createReplyReader(): ReplyReader {
  const events: ModelEvent[] = [];
  const thinking = createThinkingSplitter();
  let usage: Chunk["usage"];
  let finish: string | undefined;
  let done = false;
  let ending = false;
  let seen = 0;

  const parser = createParser({
    maxBufferSize: eventMost,
    onEvent: ({ data, event }) => take(data, event),
    onError: (error) => {
      // Servers of llama.cpp from before 2026 send `error: {…}`, a field that SSE doesn't know.
      if (error.field === "error") fail(error.value);
      if (error.type === "max-buffer-size-exceeded") throw nonsense(error.type);
    },
  });

  function take(data: string, event: string | undefined): void {
    if (data.trim() === "") return;
    if (data.trim() === "[DONE]") {
      done = true;
      return;
    }
    seen++;
    const body = parse(data);
    if (event === "error" || isComplaint(body)) fail(body);
    const chunk = Chunk.safeParse(body);
    if (!chunk.success) throw nonsense(data.slice(0, 200), chunk.error);
    read(chunk.data);
  }

  function parse(data: string): unknown {
    try {
      return JSON.parse(data);
    } catch (error) {
      if (ending) throw interrupted("in the middle of an event", error);
      throw nonsense(data.slice(0, 200), error);
    }
  }

  function read(chunk: Chunk): void {
    usage = chunk.usage ?? usage;
    const choice = chunk.choices?.[0];
    if (choice === undefined) return;
    const said = choice.delta ?? choice.message;
    const { text, thought } = partsOf(said?.content);
    const reasoning =
      textOf(said?.reasoning_content) || textOf(said?.reasoning) || thought;
    if (reasoning !== "") events.push({ kind: "reasoning", text: reasoning });
    events.push(
      ...thinking.take(text + (said?.refusal ?? "") + (choice.text ?? "")),
    );
    finish = choice.finish_reason || finish;
  }

  function* feed(text: string): Generator<ModelEvent> {
    try {
      parser.feed(text);
    } finally {
      yield* events.splice(0);
    }
  }

  function* end(): Generator<ModelEvent> {
    // The last event of some servers lacks the empty line after it.
    ending = true;
    yield* feed("\n\n");
    if (!done && finish === undefined) {
      throw interrupted(
        seen === 0 ? "it held no event" : `after ${seen} events`,
      );
    }
    yield* thinking.rest();
    yield* usageEvents(usage);
    yield stopEvent(finish);
  }

  const state = () =>
    done ? "done" : finish === undefined ? "writing" : "finished";
  return { feed, state, end };
}

/** The events of a reply that a server sent whole, though it was asked to stream. */
export function* eventsOfWhole(body: unknown): Generator<ModelEvent> {
  const reader = createReplyReader();
  yield* reader.feed(`data: ${JSON.stringify(body)}\n\n${end}`);
  yield* reader.end();
}

const end = "data: [DONE]\n\n";

/** @throws ModelError of what a server complains of. */
function fail(body: unknown): never {
  const json = typeof body === "string" ? parseOrText(body) : body;
  throw modelErrorFor(complaintIn(json));
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function partsOf(content: z.output<typeof Content>): {
  text: string;
  thought: string;
} {
  if (!Array.isArray(content)) return { text: content ?? "", thought: "" };
  return {
    text: content.map((part) => part.text ?? "").join(""),
    thought: content
      .map((part) => textOf(Content.safeParse(part.thinking).data))
      .join(""),
  };
}

function textOf(content: z.output<typeof Content>): string {
  return partsOf(content).text;
}

function usageEvents(usage: Chunk["usage"]): ModelEvent[] {
  if (!usage) return [];
  return [
    {
      kind: "usage",
      inputTokens: usage.prompt_tokens,
      outputTokens: usage.completion_tokens,
    },
  ];
}

function stopEvent(finish = "stop"): ModelEvent {
  if (/length|max_tokens/.test(finish))
    return { kind: "stop", reason: "length" };
  if (/filter|safety|refusal/.test(finish)) {
    return { kind: "stop", reason: "filtered" };
  }
  return { kind: "stop", reason: "end" };
}
