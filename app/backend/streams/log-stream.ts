import { pause } from "../../core/runtime/async";
import type { Offset } from "../replies/log/offset";
import { isFinalEnd, type Line, type LogRecord } from "../replies/log/records";
import { isContested, type LogSnapshot } from "../replies/log/reply-log";
import { followLog, type LogSource } from "../replies/reading/follow-log";
import type { StreamChunk, StreamMessage, StreamReader } from "./stream";

/** A log whose lines are messages of a stream. A final end closes the stream. */
export interface StreamedLog {
  source: LogSource;
  /** The message of a line; `undefined` if it has none. */
  toData(line: Line): Buffer | undefined;
  /** The message of an end, with facts that are not in the log. */
  toEndData?(this: void, line: Line): Promise<Buffer | undefined>;
  /** Joins records to fewer equivalent ones. */
  join?(this: void, records: LogRecord[]): LogRecord[];
  /**
   * A message to add to the first chunk. It is not in the log and may be delivered more than once.
   */
  ephemeral?(this: void, snapshot: LogSnapshot): Buffer | undefined;
}

/**
 * Bounds the wait for the log of a reply that another process begins, and for a new entry's header, which
 * tells how much of the entry before counts.
 */
const CONTESTED_MS = 20;
const CONTESTED_ATTEMPTS = 50;

export function createLogReader(log: StreamedLog): StreamReader {
  return {
    read: async (from) => {
      let messages: StreamMessage[] = [];
      for (let attempt = 0; attempt < CONTESTED_ATTEMPTS; attempt++) {
        const snapshot = await log.source.read(from);
        if (snapshot && !isContested(snapshot)) {
          return await toChunk(log, snapshot);
        }
        if (snapshot) messages = ephemeralMessages(log, snapshot, from);
        else if (!(await log.source.isExpected())) return undefined;
        await pause(CONTESTED_MS);
      }
      return { messages, next: from, isUpToDate: false, isClosed: false };
    },
    follow: (from, signal) => follow(log, from, signal),
  };
}

async function toChunk(
  log: StreamedLog,
  snapshot: LogSnapshot,
): Promise<StreamChunk> {
  const { records, tail, currentHeader } = snapshot;
  return {
    messages: [
      ...(await toMessages(log, records)),
      ...ephemeralMessages(log, snapshot, tail),
    ],
    next: tail,
    isUpToDate: true,
    isClosed: closes(currentHeader),
  };
}

async function toMessages(
  log: StreamedLog,
  records: LogRecord[],
): Promise<StreamMessage[]> {
  const messages: StreamMessage[] = [];
  for (const { line, offset } of log.join?.(records) ?? records) {
    const isEnd = log.toEndData && line["kind"] === "end";
    const data = isEnd ? await log.toEndData?.(line) : log.toData(line);
    if (data) messages.push({ data, offset });
  }
  return messages;
}

function ephemeralMessages(
  { ephemeral }: StreamedLog,
  snapshot: LogSnapshot,
  offset: Offset,
): StreamMessage[] {
  const data = ephemeral?.(snapshot);
  return data ? [{ data, offset }] : [];
}

async function* follow(
  log: StreamedLog,
  from: Offset,
  signal: AbortSignal,
): AsyncGenerator<StreamChunk, void> {
  for await (const batch of followLog(log.source, from, signal)) {
    const end = batch.findIndex(({ line }) => closes(line));
    const isClosed = end !== -1;
    const records = isClosed ? batch.slice(0, end + 1) : batch;
    const messages = await toMessages(log, records);
    const next = records.at(-1)?.offset ?? from;
    if (messages.length > 0 || isClosed) {
      yield { messages, next, isUpToDate: true, isClosed };
    }
    if (isClosed) return;
  }
}

const closes = (line: Line) => line["kind"] === "end" && isFinalEnd(line);
