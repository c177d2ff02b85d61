import { z } from "zod";
import type { ModelEvent } from "../model";
import { createReasoningSplitter } from "../reasoning-splitter";
import { stopEvent, stopKind } from "../stop-reason";
import { complaintIn, isComplaint } from "./complaints";
import { interrupted, modelErrorFor, nonsense } from "./errors";
import { createPieceReader } from "./piece-reader";

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
type Choice = z.output<typeof Choice>;

/**
 * - `writing`: more is expected.
 * - `perhaps finished`: a finish reason came along with text, as some servers send with each chunk.
 * - `finished`: a finish reason came.
 * - `done`: the end of the stream was announced.
 */
type ReplyState = "writing" | "perhaps finished" | "finished" | "done";

/** Turns the chunks of a completion into events, despite the differences between servers. */
export interface ReplyReader {
  /**
   * Reads one parsed chunk.
   *
   * @param event The name of its server-sent event.
   * @throws ModelError for an error inside the stream, or something else than a chunk.
   */
  read(body: unknown, event?: string): void;
  /** Reads the announcement of the end, `[DONE]`. */
  done(): void;
  /** Removes and returns the events of what was read. */
  drain(): ModelEvent[];
  state(): ReplyState;
  /** @throws ModelError if the reply is incomplete. */
  end(): Generator<ModelEvent>;
  /** See `ReasoningSplitter`. */
  impliesOpening(): boolean | undefined;
}

/** @param startsInside See {@link createReasoningSplitter}. */
export function createReplyReader(startsInside = false): ReplyReader {
  const events: ModelEvent[] = [];
  const splitter = createReasoningSplitter({ startsInside });
  const answer = createPieceReader();
  const reasoning = createPieceReader();
  let usage: Chunk["usage"];
  let finish: string | undefined;
  let finishHadText = false;
  let finishWasWrong = false;
  let isDone = false;
  let chunks = 0;

  function readChunk(choice: Choice): void {
    const reason = finishReason(choice);
    const pieces = piecesOf(choice);
    const isLast = reason !== undefined;
    const thought =
      reasoning.add(pieces.reasoning, isLast) +
      reasoning.addWhole(pieces.wholeReasoning, isLast);
    if (thought !== "") events.push({ kind: "reasoning", text: thought });
    const text =
      answer.add(pieces.text, isLast) +
      answer.addWhole(pieces.wholeText, isLast);
    events.push(...splitter.push(text));
    const hasText = thought + text !== "";
    finishWasWrong ||= finish !== undefined && hasText;
    finishHadText = isLast ? hasText : finishHadText;
    finish = reason ?? finish;
  }

  return {
    read(body, event) {
      chunks++;
      if (event === "error" || isComplaint(body)) fail(body);
      const chunk = Chunk.safeParse(body);
      if (!chunk.success) throw nonsense(shortened(body), chunk.error);
      usage = chunk.data.usage ?? usage;
      const choice = chunk.data.choices?.[0];
      if (choice) readChunk(choice);
    },
    done: () => void (isDone = true),
    drain: () => events.splice(0),
    state: () => {
      if (isDone) return "done";
      if (finish === undefined || finishWasWrong) return "writing";
      return finishHadText ? "perhaps finished" : "finished";
    },
    *end() {
      if (!isDone && finish === undefined) {
        throw interrupted(
          chunks === 0 ? "it held no event" : `after ${chunks} events`,
        );
      }
      const thought = reasoning.end();
      if (thought !== "") yield { kind: "reasoning", text: thought };
      yield* splitter.push(answer.end());
      const reason = finish ?? "stop";
      yield* splitter.end(stopKind(reason) !== "length");
      if (usage) {
        yield {
          kind: "usage",
          inputTokens: usage.prompt_tokens,
          outputTokens: usage.completion_tokens,
        };
      }
      yield stopEvent(reason);
    },
    impliesOpening: () => splitter.impliesOpening,
  };
}

/** @throws ModelError for what a server complains of. */
export function fail(body: unknown): never {
  throw modelErrorFor(complaintIn(body));
}

const shortened = (body: unknown): string =>
  (JSON.stringify(body) ?? "").slice(0, 200);

/** Some servers send an empty one, or the word `null`, with each chunk. */
function finishReason({ finish_reason }: Choice): string | undefined {
  const reason = finish_reason ?? "";
  return /^(?:null|none)?$/i.test(reason) ? undefined : reason;
}

interface Pieces {
  text: string;
  reasoning: string;
  /** Fields that hold the whole text so far. */
  wholeText: string;
  wholeReasoning: string;
}

/** A chunk may hold the same text in several fields: the first one that has text counts. */
function piecesOf({ delta, message, text }: Choice): Pieces {
  const piece = said(delta);
  const whole = said(message);
  const hasPiece = piece.text + piece.reasoning !== "";
  return {
    text: hasPiece || whole.text !== "" ? piece.text : (text ?? ""),
    reasoning: piece.reasoning,
    wholeText: hasPiece ? "" : whole.text,
    wholeReasoning: hasPiece ? "" : whole.reasoning,
  };
}

function said(field: z.output<typeof Said>): {
  text: string;
  reasoning: string;
} {
  const { text, thought } = partsOf(field?.content);
  const reasoning =
    textOf(field?.reasoning_content) || textOf(field?.reasoning) || thought;
  const all = text + (field?.refusal ?? "");
  // Some gateways copy reasoning into the content.
  return { text: all === reasoning ? "" : all, reasoning };
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
