import type { StreamChunk, StreamSource } from "../streams/StreamSource";
import type { ServedReplies } from "./createReplies";
import { toEvent } from "./events";
import type { Reading } from "./EpochLog";
import type { Line, PlacedLine } from "./lines";
import type { Position } from "./position";
import type { ReplyRef } from "./Replies";

/** While a new entry is being made, it isn't known how much of the one before counts. */
const UNSETTLED_MS = 20;
const UNSETTLED_ATTEMPTS = 50;

/**
 * A reply as a stream of JSON messages. It is closed when the reply is complete or was stopped;
 * one that failed may go on.
 */
export function replySource(
  replies: ServedReplies,
  ref: ReplyRef,
): StreamSource {
  return {
    contentType: "application/json",
    read: async (from) => {
      for (let attempt = 0; attempt < UNSETTLED_ATTEMPTS; attempt++) {
        const reading = await replies.read(ref, from);
        if (!reading) return undefined;
        if (reading.settled) return toChunk(reading);
        await new Promise((resolve) => setTimeout(resolve, UNSETTLED_MS));
      }
      return nothingYet(from);
    },
    async *follow(from, options) {
      for await (const line of replies.follow(ref, from, options)) {
        const isClosed = line.isLast && isFinal(line.line);
        for (const message of toMessages([line]))
          yield { ...message, isClosed };
        if (isClosed) return;
      }
    },
  };
}

function toChunk({ lines, tail, newest }: Reading): StreamChunk {
  const isClosed = newest.kind === "end" && isFinal(newest);
  return {
    messages: toMessages(lines),
    next: tail,
    isUpToDate: true,
    isClosed,
  };
}

const nothingYet = (next: Position): StreamChunk => ({
  messages: [],
  next,
  isUpToDate: false,
  isClosed: false,
});

const isFinal = (line: Line) => line["outcome"] !== "failed";

function toMessages(lines: PlacedLine[]) {
  return lines.flatMap(({ line, at }) => {
    const event = toEvent(line);
    return event ? [{ data: Buffer.from(JSON.stringify(event)), at }] : [];
  });
}
