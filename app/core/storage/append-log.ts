import { randomBytes } from "node:crypto";
import path from "node:path";
import { errorCode } from "../runtime/errors";
import { createExclusively, createFolder } from "./exclusive-file";
import { elapsedMs, type StorageContext, TRUSTED_MS } from "./storage-context";
import { compactLog } from "./compaction";
import type { JsonObject } from "./json";
import { covers, isSegment, type LogListing } from "./log-listing";
import { type LogEntry, LogMissingError, LogReader } from "./log-reader";

export interface LogOptions {
  /**
   * How many entries the segments hold, ascending, each a multiple of the one before. Balances
   * the number of reads for a page of a long log against the size of each. None: no folding.
   */
  segmentSizes?: readonly number[];
}

/**
 * Numbered entries, 1, 2, 3…, each made by exactly one writer and never changed. Safe to use from
 * many processes on a network file system, without a lock. What is acknowledged is on disk.
 *
 * In the folder lie `17` (one entry: a line of JSON), `1-10` (a *segment*: the entries 1 to 10, a
 * line each) and `11-20_14` (the same, of which 14 was missing). Segments are made of entries that
 * are there, when a decade is complete or another has followed; what they hold is removed later.
 * A number that a segment holds stays taken.
 *
 * An entry is an object of the caller's, of which `number` and `token` are the log's own fields.
 *
 * All methods throw the file system's error if it can't be read or written, and `LogMissingError`
 * if there is no such log: only {@link createFolder} makes its folder, so nothing that was deleted comes
 * back by a late write.
 */
export class AppendLog {
  private readonly reader: LogReader;
  private readonly segmentSizes: readonly number[];

  constructor(
    private readonly storage: StorageContext,
    readonly folder: string,
    { segmentSizes = [10, 100] }: LogOptions = {},
  ) {
    this.reader = new LogReader(storage, folder);
    this.segmentSizes = segmentSizes;
  }

  /** Makes the folder, and those above it that are missing; it may be there already. */
  async createFolder(): Promise<void> {
    await createFolder(this.storage.fileSystem, this.folder);
  }

  /** What there is, by one listing of the folder. */
  list(): Promise<LogListing> {
    return this.reader.list();
  }

  /** The same, but `undefined` if there is no such log. */
  listIfExists(): Promise<LogListing | undefined> {
    return this.reader.listIfExists();
  }

  /**
   * Makes an entry under the next number.
   *
   * @param next The number after `last`, the highest that is taken (0 if none is): for logs in
   *   which not every writer may take every number.
   * @returns The number.
   */
  append(
    entry: JsonObject,
    next: (last: number) => number = (last) => last + 1,
  ): Promise<number> {
    return this.storage.mutex.run(this.folder, async () => {
      let listing = await this.list();
      for (;;) {
        const number = next(listing.last);
        if (await this.makeEntry(number, entry, listing)) return number;
        this.storage.onConflict();
        listing = await this.list();
      }
    });
  }

  /**
   * Makes the entry with this number.
   *
   * @param listing What there is, if it was just listed.
   * @returns Whether this call made it; `false` if the number is taken, whoever took it.
   */
  async createAt(
    number: number,
    entry: JsonObject,
    listing?: LogListing,
  ): Promise<boolean> {
    return this.makeEntry(number, entry, listing ?? (await this.list()));
  }

  /**
   * The entry with this number.
   *
   * @param listing What there is, if it was just listed.
   * @returns `undefined` if there is none, or none that can be read (which is then reported).
   */
  async read(
    number: number,
    listing?: LogListing,
  ): Promise<LogEntry | undefined> {
    return (await this.readRange(number, number, listing))[0];
  }

  /** The entries numbered `from` to `to`, both included; ascending. */
  async readRange(
    from: number,
    to: number,
    listing?: LogListing,
  ): Promise<LogEntry[]> {
    const known = listing ?? (await this.list());
    return this.reader.readNumbers(known.between(from, to), known);
  }

  /**
   * The last `count` entries, or the last of those numbered below `before`; ascending. Of a log
   * of any length this reads a few files.
   */
  async readLast(
    count: number,
    {
      before = Infinity,
      listing,
    }: { before?: number; listing?: LogListing } = {},
  ): Promise<LogEntry[]> {
    const known = listing ?? (await this.list());
    return this.reader.readNumbers(known.newest(count, before - 1), known);
  }

  /**
   * Makes the segments that are due and removes what older ones hold. Runs by itself when entries
   * are made; beside any writer, reader, or another fold, and can be cut at any point.
   */
  compact(): Promise<void> {
    return this.storage.mutex.run(`${this.folder}#fold`, () =>
      compactLog(this.reader, this.segmentSizes),
    );
  }

  private async makeEntry(
    number: number,
    entry: JsonObject,
    listing: LogListing,
  ): Promise<boolean> {
    if (listing.has(number)) return false;
    const token = randomBytes(12).toString("base64url");
    const line = `${JSON.stringify({ ...entry, number, token })}\n`;
    if (!(await this.makeFile(number, Buffer.from(line)))) return false;
    const isSlow =
      elapsedMs(listing.listedAt, this.storage.now()) >= TRUSTED_MS;
    if (isSlow && !(await this.isOurs(number, token))) return false;
    this.reader.remember(number, line);
    this.foldIfDue(number);
    return true;
  }

  private foldIfDue(number: number): void {
    const [size] = this.segmentSizes;
    if (!size || number < size || number % size > 1) return;
    // Nobody waits for it: what isn't folded now is folded the next time.
    this.compact().catch(() => undefined);
  }

  private async makeFile(number: number, bytes: Buffer): Promise<boolean> {
    const { fileSystem } = this.storage;
    try {
      return await createExclusively(
        fileSystem,
        this.folder,
        String(number),
        bytes,
      );
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      throw new LogMissingError(`There is no log ${this.folder}`, {
        cause: error,
      });
    }
  }

  /** After a long pause: the number may have been another's, and be in a segment by now. */
  private async isOurs(number: number, token: string): Promise<boolean> {
    const segment = (await this.list()).files.find(
      (source) => isSegment(source) && covers(source, number),
    );
    if (!segment) return true;
    const lines = await this.reader.readFile(segment);
    const holder = lines?.find((line) => line.entry.number === number);
    if (holder?.token === token) return true;
    const stray = path.join(this.folder, String(number));
    await this.storage.fileSystem.unlink(stray).catch(() => undefined);
    return false;
  }
}
