import { setTimeout as sleep } from "node:timers/promises";
import type { LogSnapshot } from "../replies/log/reply-log";
import type { FollowedRecord } from "../replies/reading/follow-log";
import type { Line, LogRecord } from "../replies/log/records";
import type { Offset } from "../replies/log/offset";
import type {
  FollowedMessages,
  StreamChunk,
  StreamMessage,
  StreamSource,
} from "./stream-source";

interface FollowOptions {
  ahead: boolean;
  signal: AbortSignal;
}

/** A log whose lines are messages of a stream. */
export interface StreamedLog {
  contentType: string;
  read(
    from: Offset,
    options: { ahead: boolean },
  ): Promise<LogSnapshot | undefined>;
  follow(
    from: Offset,
    options: FollowOptions,
  ): AsyncGenerator<FollowedRecord[], void>;
  /** What a line says in the stream; `undefined` for one that is no message. */
  toData(line: Line): Buffer | undefined;
  /** Fewer lines that say the same, for those who read ahead: every line costs them something. */
  join?(this: void, lines: LogRecord[]): LogRecord[];
  /**
   * What those who read ahead are told after what they come for, and which is in no file: they may
   * be told it again.
   */
  beside?(this: void, reading: LogSnapshot): Buffer | undefined;
  /** Whether the stream is closed by an end. */
  closes(end: Line): boolean;
}

/** While a new entry is being made, it isn't known how much of the one before counts. */
const UNSETTLED_MS = 20;
const UNSETTLED_ATTEMPTS = 50;

/** A log as a stream. */
export function logSource(log: StreamedLog): StreamSource {
  const { contentType } = log;
  const toChunk = (reading: LogSnapshot, ahead: boolean): StreamChunk => {
    const { lines, tail, currentHeader: newest } = reading;
    const messages = toMessages(log, ahead ? joined(log, lines) : lines);
    return {
      messages: [...messages, ...besides(log, reading, tail, ahead)],
      next: tail,
      isUpToDate: true,
      isClosed: newest.kind === "end" && log.closes(newest),
    };
  };
  return {
    contentType,
    read: async (from, { ahead } = { ahead: false }) => {
      let messages: StreamMessage[] = [];
      for (let attempt = 0; attempt < UNSETTLED_ATTEMPTS; attempt++) {
        const reading = await log.read(from, { ahead });
        if (!reading) return undefined;
        if (reading.isFinal) return toChunk(reading, ahead);
        messages = besides(log, reading, from, ahead);
        await sleep(UNSETTLED_MS);
      }
      return { messages, next: from, isUpToDate: false, isClosed: false };
    },
    follow: (from, options) => followMessages(log, from, options),
  };
}

function toMessages(log: StreamedLog, lines: LogRecord[]): StreamMessage[] {
  return lines.flatMap(({ line, at }) => {
    const data = log.toData(line);
    return data ? [{ data, at }] : [];
  });
}

function besides(
  { beside }: StreamedLog,
  reading: LogSnapshot,
  at: Offset,
  ahead: boolean,
): StreamMessage[] {
  const data = ahead ? beside?.(reading) : undefined;
  return data ? [{ data, at }] : [];
}

const joined = ({ join }: StreamedLog, lines: LogRecord[]) =>
  join?.(lines) ?? lines;

async function* followMessages(
  log: StreamedLog,
  from: Offset,
  options: FollowOptions,
): AsyncGenerator<FollowedMessages, void> {
  for await (const all of log.follow(from, options)) {
    const end = all.findIndex(({ line, isLast }) => isLast && log.closes(line));
    const isClosed = end !== -1;
    const told = isClosed ? all.slice(0, end + 1) : all;
    const lines = options.ahead ? joined(log, told) : told;
    const data = toMessages(log, lines).map((message) => message.data);
    const at = told.at(-1)?.at ?? from;
    if (data.length > 0 || isClosed) yield { data, at, isClosed };
    if (isClosed) return;
  }
}
