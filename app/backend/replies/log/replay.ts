import type { ReplyEvent } from "../../../core/domain/records";
import { FinalReply } from "../types";
import type { Line, LogRecord } from "./records";

/** Folds records into the text and the reasoning that a reply has after them. */
export function replay(records: readonly LogRecord[]) {
  let [text, reasoning] = ["", ""];
  let reasoningMs: number | undefined;
  for (const { line } of records) {
    const event = toEvent(line);
    switch (event?.kind) {
      case "epoch":
        text = text.slice(0, event.keep);
        if (event.keep === 0) [reasoning, reasoningMs] = ["", undefined];
        break;
      case "text":
        text += event.text;
        break;
      case "reasoning":
        reasoning += event.text;
        reasoningMs = event.ms;
        break;
      case "end":
        ({ text } = event);
    }
  }
  return { text, reasoning, reasoningMs };
}

const isText = (line: Line | undefined): line is Line & { text: string } =>
  typeof line?.["text"] === "string" && line["kind"] === undefined;

const isReasoning = (line: Line): line is Line & { reasoning: string } =>
  typeof line["reasoning"] === "string" && line["kind"] === undefined;

/** UTF-16 units; bounds one piece for a slow reader. */
const MAX_JOINED = 65_536;

/** Joins adjacent pieces of text: each record costs a live reader time. */
export function joinTexts(records: LogRecord[]): LogRecord[] {
  const joined: LogRecord[] = [];
  for (const record of records) {
    const { line, offset } = record;
    const last = joined.at(-1)?.line;
    if (isText(last) && isText(line) && last.text.length < MAX_JOINED) {
      const text = last.text + line.text;
      joined[joined.length - 1] = { line: { text }, offset };
    } else {
      joined.push(record);
    }
  }
  return joined;
}

const isHeartbeat = (line: Line) => Object.keys(line).length === 0;

/** Drops the records that an end entry repeats. */
export const withoutTexts = (records: readonly LogRecord[]): LogRecord[] =>
  records.filter(
    ({ line }) => !isText(line) && !isReasoning(line) && !isHeartbeat(line),
  );

/** The event that a line means to watchers; `undefined` for heartbeats and the like. */
export function toEvent(line: Line): ReplyEvent | undefined {
  if (isText(line)) return { kind: "text", text: line.text };
  if (isReasoning(line)) return toReasoning(line);
  const { kind, notice, epoch, keep } = line;
  if (typeof notice === "string") return { kind: "notice", notice };
  if (kind === "epoch") {
    return { kind: "epoch", epoch: Number(epoch), keep: Number(keep) };
  }
  // An end with `next` repeats a failure that watchers know; the prompt is among the messages.
  if (kind !== "end" || line["next"] !== undefined) return undefined;
  return { kind: "end", ...toFinalReply(line) };
}

function toReasoning({ reasoning, ms }: Line & { reasoning: string }) {
  const kind = "reasoning" as const;
  const text = reasoning;
  return Number.isSafeInteger(ms)
    ? { kind, text, ms: Number(ms) }
    : { kind, text };
}

/** @throws ZodError if the line is not a reply's end. */
export function toFinalReply(line: Line): FinalReply {
  return FinalReply.parse(line);
}
