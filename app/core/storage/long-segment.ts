import { isUnreadable, type OpenFile } from "./file-system";
import { errorCode } from "../runtime/errors";
import { KnownLines, type LogLine, linesOf, parseLine } from "./log-lines";
import type { LogFile } from "./log-listing";
import type { Cached, StorageContext } from "./storage-context";

interface Place {
  from: number;
  length: number;
}

/** The places of the entries of a long segment, by number, in the cache. */
export class KnownPlaces implements Cached {
  readonly weight: number;
  constructor(readonly places: ReadonlyMap<number, Place>) {
    this.weight = 100 + 100 * places.size;
  }
}

/**
 * A segment that is too long to be read as a whole. Earlier versions of the program created them.
 * Its first reader reads it line by line, to find where each entry is.
 */
export class LongSegment {
  constructor(
    private readonly storage: StorageContext,
    private readonly where: string,
    private readonly file: LogFile,
  ) {}

  /** Finds the entries; `undefined` if the file does not exist. Damaged lines are left out. */
  async locate(): Promise<KnownPlaces | undefined> {
    const places = new Map<number, Place>();
    for await (const { line, ...place } of this.lines()) {
      places.set(line.entry.number, place);
    }
    return places.size > 0 ? new KnownPlaces(places) : undefined;
  }

  /** The undamaged entries and their places, one after another; none if the file does not exist. */
  async *lines(): AsyncGenerator<{ line: LogLine } & Place, void> {
    const handle = await this.open();
    if (!handle) return;
    try {
      for await (const { from, bytes } of linesOf(handle)) {
        const line = parseLine(bytes.toString(), this.file);
        if (line) yield { line, from, length: bytes.length };
      }
    } finally {
      await handle.close();
    }
  }

  /** Reads the entries with these numbers, one after another. */
  async read(
    { places }: KnownPlaces,
    numbers: readonly number[],
  ): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    const handle = await this.open();
    if (!handle) return lines;
    try {
      for (const number of numbers) {
        const place = places.get(number);
        const line = place && (await this.readLine(handle, number, place));
        if (line) lines.push(line);
      }
    } finally {
      await handle.close();
    }
    return lines;
  }

  private async readLine(
    handle: OpenFile,
    number: number,
    { from, length }: Place,
  ): Promise<LogLine | undefined> {
    const { cache } = this.storage;
    const key = `${this.where}#${number}`;
    const cached = cache.get(key);
    if (cached instanceof KnownLines) return cached.lines[0];
    const bytes = await handle.read(from, length);
    const line = parseLine(bytes.toString(), this.file);
    if (line) cache.set(key, new KnownLines([line]));
    return line;
  }

  private async open(): Promise<OpenFile | undefined> {
    try {
      return await this.storage.fileSystem.open(this.where, "r");
    } catch (error) {
      if (errorCode(error) === "ENOENT" || isUnreadable(error)) {
        return undefined;
      }
      throw error;
    }
  }
}
