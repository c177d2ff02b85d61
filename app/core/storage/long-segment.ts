import { isUnreadable, type OpenFile } from "./file-system";
import { errorCode } from "../runtime/errors";
import { KnownLines, type LogLine, linesOf, parseLine } from "./log-lines";
import { type LogFile, numbersOf } from "./log-listing";
import {
  type Cached,
  reportDamage,
  type StorageContext,
} from "./storage-context";

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

  /**
   * Finds the entries; `undefined` if the file does not exist. The lines of a segment are in the order of its
   * numbers: they are parsed only if some are missing.
   */
  async locate(): Promise<KnownPlaces | undefined> {
    const places: Place[] = [];
    for await (const { from, bytes } of this.linesOnDisk()) {
      if (bytes.length > 0) places.push({ from, length: bytes.length });
    }
    const numbers = numbersOf(this.file);
    if (places.length === 0) return undefined;
    if (places.length !== numbers.length) return this.parsePlaces();
    const located = numbers.map((number, n) => [number, places[n]!] as const);
    return new KnownPlaces(new Map(located));
  }

  private async parsePlaces(): Promise<KnownPlaces> {
    const places = new Map<number, Place>();
    for await (const { line, ...place } of this.lines()) {
      places.set(line.entry.number, place);
    }
    return new KnownPlaces(places);
  }

  /** The undamaged entries and their places, one after another; none if the file does not exist. */
  async *lines(): AsyncGenerator<{ line: LogLine } & Place, void> {
    for await (const { from, bytes } of this.linesOnDisk()) {
      const line = parseLine(bytes.toString(), this.file);
      if (line) yield { line, from, length: bytes.length };
    }
  }

  private async *linesOnDisk(): ReturnType<typeof linesOf> {
    const handle = await this.open();
    if (!handle) return;
    try {
      yield* linesOf(handle);
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
    if (line?.entry.number !== number) {
      reportDamage(this.storage, this.where);
      return undefined;
    }
    cache.set(key, new KnownLines([line]));
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
