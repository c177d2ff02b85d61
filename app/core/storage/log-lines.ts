import { type JsonObject, parseObject } from "./json";
import type { OpenFile } from "./file-system";
import { covers, type LogFile } from "./log-listing";
import type { Cached } from "./storage-context";

/** An immutable entry. Readers share the object, so it is frozen. */
export type LogEntry = Readonly<JsonObject> & { readonly number: number };

export interface LogLine {
  entry: LogEntry;
  token: string;
  /** The line on disk, without the newline. */
  text: string;
}

/** The lines of one file, in the cache. */
export class KnownLines implements Cached {
  readonly weight: number;
  private byNumber: Map<number, LogEntry> | undefined;
  constructor(readonly lines: readonly LogLine[]) {
    // The text, the parsed entry and the objects around them.
    this.weight = lines.reduce(
      (sum, line) => sum + 4 * line.text.length + 500,
      0,
    );
  }

  /** The entry with a number; of several in a damaged file, the last. */
  entry(number: number): LogEntry | undefined {
    const [first] = this.lines;
    if (this.lines.length === 1) return first?.entry;
    this.byNumber ??= new Map(
      this.lines.map(({ entry }) => [entry.number, entry]),
    );
    return this.byNumber.get(number);
  }
}

/** The entries of a file's text. Damaged lines, and entries that are not the file's, are left out. */
export const parseLines = (text: string, file: LogFile): LogLine[] =>
  text.split("\n").flatMap((line) => parseLine(line, file) ?? []);

export function parseLine(text: string, file: LogFile): LogLine | undefined {
  const parsed = text === "" ? undefined : parseObject(text);
  const { number, token } = parsed ?? {};
  if (!parsed || typeof number !== "number" || typeof token !== "string") {
    return undefined;
  }
  if (!covers(file, number)) return undefined;
  delete parsed.token;
  return { entry: freeze({ ...parsed, number }), token, text };
}

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value) as unknown[]) {
    if (typeof inner === "object" && inner !== null) freeze(inner);
  }
  return Object.freeze(value);
}

/** Bytes that are read at once. Balances the calls for a long file against memory. */
const PART_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** The lines of a file and their places, in bytes. Memory holds one line and one part. */
export async function* linesOf(
  file: OpenFile,
): AsyncGenerator<{ from: number; bytes: Buffer }, void> {
  let from = 0;
  let begun: Buffer[] = [];
  for (let position = 0; ;) {
    const part = await file.read(position, PART_BYTES);
    let start = 0;
    for (let end = part.indexOf(NEWLINE); end !== -1;) {
      yield {
        from,
        bytes: Buffer.concat([...begun, part.subarray(start, end)]),
      };
      begun = [];
      start = end + 1;
      from = position + start;
      end = part.indexOf(NEWLINE, start);
    }
    begun.push(part.subarray(start));
    position += part.length;
    if (part.length < PART_BYTES) break;
  }
  yield { from, bytes: Buffer.concat(begun) };
}
