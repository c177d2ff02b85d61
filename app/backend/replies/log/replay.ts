import { z } from "zod";
import { Outcome, Usage, type ReplyEvent } from "../../../core/domain/records";
import type { FinalReply } from "../types";
import type { Line, LogRecord } from "./records";

/** A reply's text, as far as the lines up to some place tell it. */
export interface ReplyText {
  text: string;
  reasoning: string;
}

export const emptyReply: ReplyText = { text: "", reasoning: "" };

/** What is said after one more line. */
export function applyLine(said: ReplyText, line: Line): ReplyText {
  const event = toEvent(line);
  switch (event?.kind) {
    case "epoch":
      return event.keep === 0
        ? emptyReply
        : { ...said, text: said.text.slice(0, event.keep) };
    case "text":
      return { ...said, text: said.text + event.text };
    case "reasoning":
      return { ...said, reasoning: said.reasoning + event.text };
    case "end":
      return { ...said, text: event.text };
    default:
      return said;
  }
}

export function replay(lines: readonly LogRecord[]): ReplyText {
  return lines.reduce((said, { line }) => applyLine(said, line), emptyReply);
}

const isText = (line: Line | undefined): line is Line & { text: string } =>
  typeof line?.["text"] === "string" && line["kind"] === undefined;

const isReasoning = (
  line: Line | undefined,
): line is Line & { reasoning: string } =>
  typeof line?.["reasoning"] === "string" && line["kind"] === undefined;

/** A slow reader's next piece should be no longer, in UTF-16 units. */
const JOINED = 65_536;

/** Fewer lines that say the same: pieces of text that follow each other become one. */
export function joinTexts(lines: LogRecord[]): LogRecord[] {
  const joined: LogRecord[] = [];
  for (const { line, at } of lines) {
    const last = joined.at(-1)?.line;
    if (isText(last) && isText(line) && last.text.length < JOINED) {
      joined[joined.length - 1] = { line: { text: last.text + line.text }, at };
    } else {
      joined.push({ line, at });
    }
  }
  return joined;
}

const isSignOfLife = (line: Line) => Object.keys(line).length === 0;

/** What an end does not say again. */
export const withoutTexts = (lines: readonly LogRecord[]): LogRecord[] =>
  lines.filter(
    ({ line }) => !isText(line) && !isReasoning(line) && !isSignOfLife(line),
  );

/** What a line tells those who watch; `undefined` for heartbeats and the like. */
export function toEvent(line: Line): ReplyEvent | undefined {
  if (isText(line)) return { kind: "text", text: line.text };
  if (isReasoning(line)) return { kind: "reasoning", text: line.reasoning };
  if (typeof line["notice"] === "string") {
    return { kind: "notice", notice: line["notice"] };
  }
  if (line["kind"] === "epoch") return epochEvent(line);
  if (line["kind"] !== "end") return undefined;
  // That it failed was told before, and with what the conversation goes on is told by its messages.
  return line["next"] === undefined ? endEvent(line) : undefined;
}

function epochEvent(line: Line): ReplyEvent {
  return {
    kind: "epoch",
    epoch: Number(line["epoch"]),
    keep: Number(line["keep"]),
  };
}

function endEvent(line: Line): ReplyEvent {
  return { kind: "end", ...toFinalReply(line) };
}

const Ended = z.object({
  outcome: Outcome,
  text: z.string(),
  reasoning: z.string().optional(),
  reason: z.string().optional(),
  usage: Usage.optional(),
  model: z.string(),
  modelName: z.string().optional(),
  leftOut: z.int().min(0),
  at: z.string(),
});

/**
 * What an end entry says of the reply.
 *
 * @throws ZodError if the line is no reply's end.
 */
export function toFinalReply(line: Line): FinalReply {
  return Ended.parse(line);
}
