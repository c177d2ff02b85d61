import type { Reading } from "../replies/EpochLog";
import type { FollowedLine } from "../replies/followLog";
import type { Line, PlacedLine } from "../replies/lines";
import type { Position } from "../replies/position";
import type { StreamChunk, StreamSource } from "./StreamSource";

/** A log whose lines are messages of a stream. */
export interface StreamedLog {
  contentType: string;
  read(from: Position): Promise<Reading | undefined>;
  follow(
    from: Position,
    options: { ahead: boolean; signal: AbortSignal },
  ): AsyncGenerator<FollowedLine, void>;
  /** What a line says in the stream; `undefined` for one that is no message. */
  toData(line: Line): Buffer | undefined;
  /** Whether the stream is closed by an end. */
  closes(end: Line): boolean;
}

/** While a new entry is being made, it isn't known how much of the one before counts. */
const UNSETTLED_MS = 20;
const UNSETTLED_ATTEMPTS = 50;

/** A log as a stream. */
export function logSource(log: StreamedLog): StreamSource {
  const { contentType } = log;
  const toMessages = (lines: PlacedLine[]) =>
    lines.flatMap(({ line, at }) => {
      const data = log.toData(line);
      return data ? [{ data, at }] : [];
    });
  const toChunk = ({ lines, tail, newest }: Reading): StreamChunk => ({
    messages: toMessages(lines),
    next: tail,
    isUpToDate: true,
    isClosed: newest.kind === "end" && log.closes(newest),
  });
  return {
    contentType,
    read: async (from) => {
      for (let attempt = 0; attempt < UNSETTLED_ATTEMPTS; attempt++) {
        const reading = await log.read(from);
        if (!reading) return undefined;
        if (reading.settled) return toChunk(reading);
        await new Promise((resolve) => setTimeout(resolve, UNSETTLED_MS));
      }
      return { messages: [], next: from, isUpToDate: false, isClosed: false };
    },
    async *follow(from, options) {
      for await (const line of log.follow(from, options)) {
        const isClosed = line.isLast && log.closes(line.line);
        const [message] = toMessages([line]);
        if (message) yield { ...message, isClosed };
        else if (isClosed) yield { data: undefined, at: line.at, isClosed };
        if (isClosed) return;
      }
    },
  };
}
