import { z } from "zod";
import type { Offset } from "./offset";

/** One line of an entry: a JSON object whose fields say what it is. */
export type Line = Readonly<Record<string, unknown>>;

/** A line and the place after it. */
export interface LogRecord {
  line: Line;
  at: Offset;
}

const Place = z.object({
  entry: z.int().min(1),
  bytes: z.int().min(0),
});

/** The first line of an entry that one process appends to. */
export const EpochHeader = z.object({
  format: z.int(),
  kind: z.literal("epoch"),
  /** The entry's own number: later epochs fence off earlier ones. */
  epoch: z.int().min(1),
  /** Where other backends reach the process that appends. */
  holder: z.string(),
  /** Tells the holder from another process at the same address. */
  process: z.string(),
  /** How many UTF-16 units of what was said before still hold. */
  keep: z.int().min(0),
  /** Where the entries before this one end; what they hold beyond it doesn't count. */
  after: Place.optional(),
});

/**
 * The only line of an entry that ends the log; where it failed, until somebody tries again or it
 * is ended once more.
 */
export const EndHeader = z.looseObject({
  format: z.int(),
  kind: z.literal("end"),
  after: Place,
  outcome: z.string(),
});

export const Header = z.union([EpochHeader, EndHeader]);

export type EpochHeader = z.output<typeof EpochHeader>;
export type EndHeader = z.output<typeof EndHeader>;
export type Header = z.output<typeof Header>;

/** The last line of an entry whose holder asks others to go on. */
export const handover: Line = { handover: true };

export const isHandover = (line: LogRecord | undefined) =>
  line?.line["handover"] === true;

const NEWLINE = 0x0a;

export function encodeLine(line: Line): Buffer {
  return Buffer.from(`${JSON.stringify(line)}\n`);
}

/**
 * The complete lines in part of an entry. A last line without its end is left out, and so is
 * everything from the first line on that isn't JSON: after a power cut a file can end in zeros.
 *
 * @param from Where in the entry `data` begins.
 */
export function decodeLines(data: Buffer, from: Offset): LogRecord[] {
  const lines: LogRecord[] = [];
  let begin = 0;
  for (;;) {
    const end = data.indexOf(NEWLINE, begin);
    const line = end === -1 ? undefined : parse(data.subarray(begin, end));
    if (!line) return lines;
    begin = end + 1;
    const at = { entry: from.entry, bytes: from.bytes + begin };
    lines.push({ line, at });
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

/** The header that an entry begins with, if it has one yet. */
export function headerOf(lines: LogRecord[]): Header | undefined {
  const result = Header.safeParse(lines[0]?.line);
  return result.success ? result.data : undefined;
}
