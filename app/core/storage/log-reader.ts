import path from "node:path";
import { errorCode } from "../runtime/errors";
import { listFresh } from "./exclusive-file";
import {
  type Cached,
  reportDamage,
  type StorageContext,
} from "./storage-context";
import { FileTooLongError, isUnreadable } from "./file-system";
import {
  KnownLines,
  type LogEntry,
  type LogLine,
  parseLines,
} from "./log-lines";
import {
  entryCount,
  isSegment,
  LogListing,
  type LogFile,
  NO_HOLES,
} from "./log-listing";
import { KnownPlaces, LongSegment } from "./long-segment";
import { listRare } from "./rare-folder";

/**
 * The bytes of the longest segment. Balances the files of a long log against the memory of a reader
 * that needs one entry.
 */
export const SEGMENT_BYTES = 1024 * 1024;

export type { LogEntry, LogLine };

export class LogMissingError extends Error {
  override readonly name = "LogMissingError";
}

/** Lists a log's folder and reads its files, through the cache. */
export class LogReader {
  constructor(
    readonly storage: StorageContext,
    readonly folder: string,
  ) {}

  async list(): Promise<LogListing> {
    const listing = await this.listIfExists();
    if (listing) return listing;
    throw new LogMissingError(`There is no log ${this.folder}`);
  }

  listIfExists(): Promise<LogListing | undefined> {
    return this.listWith(() => listFresh(this.storage.fileSystem, this.folder));
  }

  /** Like {@link listIfExists}, for a log that few of its siblings have: see {@link listRare}. */
  listRare(): Promise<LogListing | undefined> {
    return this.listWith(() => listRare(this.storage, this.folder));
  }

  private async listWith(
    list: () => Promise<string[] | undefined>,
  ): Promise<LogListing | undefined> {
    const listedAt = this.storage.now();
    const names = await list();
    if (!names) return undefined;
    const listing = new LogListing(names, listedAt);
    const recent = this.recentListing?.listedAt.monotonic ?? -Infinity;
    // Another listing may have begun later and ended earlier.
    if (recent <= listedAt.monotonic) {
      const place = `${this.folder}#listing`;
      this.storage.cache.set(place, new KnownListing(listing));
    }
    return listing;
  }

  /** The last listing that this process made, if it is still in memory. */
  get recentListing(): LogListing | undefined {
    const known = this.storage.cache.get(`${this.folder}#listing`);
    return known instanceof KnownListing ? known.listing : undefined;
  }

  /** Reads the entries with these numbers, in this order; unreadable ones are left out. */
  async readEntries(
    numbers: number[],
    listing: LogListing,
  ): Promise<LogEntry[]> {
    const found = new Map<number, LogEntry>();
    const tried = new Set<LogFile>();
    for (;;) {
      const wanted = new Set(numbers.filter((number) => !found.has(number)));
      const files = plan(wanted, listing, tried);
      if (files.size === 0) break;
      const loads = [...files].map(async ([file, some]) => {
        tried.add(file);
        const lines = (await this.readLines(file, some)) ?? [];
        for (const { entry } of lines) {
          if (wanted.has(entry.number)) found.set(entry.number, entry);
        }
      });
      await Promise.all(loads);
    }
    return numbers.flatMap((number) => found.get(number) ?? []);
  }

  /** Write-through cache: a process usually reads the entry that it just wrote. */
  remember(number: number, line: string): void {
    const name = String(number);
    const file = { name, from: number, to: number, holes: NO_HOLES };
    const known = new KnownLines(parseLines(line, file));
    this.storage.cache.set(path.join(this.folder, name), known);
  }

  /** An entry that this process wrote or read under its own name, if it is still in memory. */
  recall(number: number): LogEntry | undefined {
    const cached = this.storage.cache.get(
      path.join(this.folder, String(number)),
    );
    return cached instanceof KnownLines ? cached.lines[0]?.entry : undefined;
  }

  /** An entry whose file this process wrote or read, if it is still in memory. */
  recallIn(number: number, listing: LogListing): LogEntry | undefined {
    const file = listing.fileWith(number);
    const where = file && path.join(this.folder, file.name);
    const cached = where && this.storage.cache.get(where);
    return cached instanceof KnownLines ? cached.entry(number) : undefined;
  }

  /**
   * Reads entries of one file, from the cache if possible. Damaged ones are left out.
   *
   * @returns At least those with these numbers; `undefined` if the file does not exist.
   */
  async readLines(
    file: LogFile,
    numbers: readonly number[],
  ): Promise<readonly LogLine[] | undefined> {
    const known = await this.open(file);
    if (known instanceof KnownLines) return known.lines;
    return known && this.longSegment(file).read(known, numbers);
  }

  /** All entries of one file, unless it is too long; `undefined` if it does not exist. */
  async readShort(
    file: LogFile,
  ): Promise<readonly LogLine[] | "too long" | undefined> {
    const known = await this.open(file);
    return known instanceof KnownPlaces ? "too long" : known?.lines;
  }

  /** The undamaged entries of one file on disk, one after another; none if it does not exist. */
  async *linesOnDisk(file: LogFile): AsyncGenerator<LogLine, void> {
    const lines = await this.readFromDisk(file);
    if (lines === "too long") {
      for await (const { line } of this.longSegment(file).lines()) yield line;
    } else yield* lines ?? [];
  }

  private async open(
    file: LogFile,
  ): Promise<KnownLines | KnownPlaces | undefined> {
    const where = path.join(this.folder, file.name);
    const { cache, mutex } = this.storage;
    const known = () => {
      const cached = cache.get(where);
      const isKnown =
        cached instanceof KnownLines || cached instanceof KnownPlaces;
      return isKnown ? cached : undefined;
    };
    if (!isSegment(file)) return known() ?? this.load(file, where);
    // Readers at the same moment share the work for a long segment.
    using _ = await mutex.lock(where);
    return known() ?? this.load(file, where);
  }

  private async load(file: LogFile, where: string) {
    const found = await this.openOnDisk(file);
    if (!found) return undefined;
    const count =
      found instanceof KnownLines ? found.lines.length : found.places.size;
    if (count < entryCount(file)) reportDamage(this.storage, where);
    else this.storage.cache.set(where, found);
    return found;
  }

  private async openOnDisk(
    file: LogFile,
  ): Promise<KnownLines | KnownPlaces | undefined> {
    const lines = await this.readFromDisk(file);
    if (lines === "too long") return this.longSegment(file).locate();
    return lines && new KnownLines(lines);
  }

  /**
   * The entries of one file. Damaged lines are left out.
   *
   * @returns `undefined` if the file does not exist.
   */
  private async readFromDisk(
    file: LogFile,
  ): Promise<LogLine[] | "too long" | undefined> {
    try {
      const text = await this.readText(file);
      return text === undefined ? undefined : parseLines(text, file);
    } catch (error) {
      if (error instanceof FileTooLongError) return "too long";
      throw error;
    }
  }

  private async readText(file: LogFile): Promise<string | undefined> {
    const { fileSystem } = this.storage;
    const where = path.join(this.folder, file.name);
    // An entry is as long as it is, and needed as a whole.
    const maxBytes = isSegment(file) ? [SEGMENT_BYTES] : [];
    try {
      return (await fileSystem.readFile(where, ...maxBytes)).toString();
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      if (isUnreadable(error)) return "";
      throw error;
    }
  }

  private longSegment(file: LogFile): LongSegment {
    const where = path.join(this.folder, file.name);
    return new LongSegment(this.storage, where, file);
  }
}

class KnownListing implements Cached {
  readonly weight: number;
  constructor(readonly listing: LogListing) {
    this.weight = 500 + 200 * listing.files.length;
  }
}

/** The files that have the wanted entries, with the entries that each has. */
function plan(
  wanted: ReadonlySet<number>,
  listing: LogListing,
  tried: ReadonlySet<LogFile>,
): Map<LogFile, number[]> {
  const planned = new Map<LogFile, number[]>();
  for (const number of wanted) {
    const file = listing.fileWith(number, tried);
    if (file) planned.set(file, [...(planned.get(file) ?? []), number]);
  }
  return planned;
}
