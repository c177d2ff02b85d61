import { z } from "zod";
import {
  isObject,
  type Json,
  type JsonObject,
} from "../../../core/storage/json";
import type { Offset } from "./offset";

/** A line of an entry: a JSON object whose fields tell its kind. */
export type Line = Readonly<Record<string, unknown>>;

/** A line and the offset after it. */
export interface LogRecord<L extends Line = Line> {
  line: L;
  offset: Offset;
}

const StoredOffset = z.object({
  entry: z.int().min(1),
  bytes: z.int().min(0),
});

/** First line of an entry that one process appends to. */
export const EpochHeader = z.object({
  format: z.int(),
  kind: z.literal("epoch"),
  /** The entry's own number, which is the fencing token. */
  epoch: z.int().min(1),
  /** URL at which other backends reach the writer. */
  holder: z.string(),
  /** Random id that tells the writer from another process at the same address. */
  process: z.string(),
  /** UTF-16 units of the text before this epoch that remain part of the reply. */
  keep: z.int().min(0),
  /** End of the entries before this one. Bytes beyond it do not count. */
  after: StoredOffset.optional(),
});

/** Only line of an end entry. After a failure another entry may follow it. */
export const EndHeader = z.looseObject({
  format: z.int(),
  kind: z.literal("end"),
  after: StoredOffset,
  outcome: z.string(),
});

export type EpochHeader = z.output<typeof EpochHeader>;
export type EndHeader = z.output<typeof EndHeader>;
export type Header = EpochHeader | EndHeader;

const AnyHeader = z.union([EpochHeader, EndHeader]);

/** Last line of an epoch whose writer drains: any process may take over at once. */
export const handover: Line = { handover: true };

export const isHandover = (record: LogRecord | undefined) =>
  record?.line["handover"] === true;

/** The next prompt, which an end entry holds after a failure. */
export function nextPromptIn(end: EndHeader): JsonObject | undefined {
  const next = end["next"] as Json | undefined;
  return isObject(next) ? next : undefined;
}

/** True if nothing can follow this end: a failed reply can be retried until the next prompt. */
export const isFinalEnd = (end: Line) =>
  end["outcome"] !== "failed" || end["next"] !== undefined;

const NEWLINE = 0x0a;

export function encodeLine(line: Line): Buffer {
  return Buffer.from(`${JSON.stringify(line)}\n`);
}

/**
 * Parses the complete lines of part of an entry. Stops at an incomplete line and at the first line
 * that is no JSON: after a power cut a file can end in zeros.
 *
 * @param from Offset at which `data` begins.
 */
export function decodeRecords(data: Buffer, from: Offset): LogRecord[] {
  const records: LogRecord[] = [];
  let begin = 0;
  for (;;) {
    const end = data.indexOf(NEWLINE, begin);
    const line = end === -1 ? undefined : parse(data.subarray(begin, end));
    if (!line) return records;
    begin = end + 1;
    const offset = { entry: from.entry, bytes: from.bytes + begin };
    records.push({ line, offset });
  }
}

function parse(text: Buffer): Line | undefined {
  try {
    const value: unknown = JSON.parse(text.toString("utf8"));
    return isLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isLine(value: unknown): value is Line {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The header of an entry; `undefined` until its creator has written it. */
export function headerOf(records: LogRecord[]): Header | undefined {
  return AnyHeader.safeParse(records[0]?.line).data;
}
