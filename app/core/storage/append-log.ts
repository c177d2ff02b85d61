import { randomBytes } from "node:crypto";
import path from "node:path";
import { errorCode } from "../runtime/errors";
import {
  createExclusively,
  createFolder,
  createFromPieces,
  linkExclusively,
} from "./exclusive-file";
import {
  elapsedMs,
  type StorageContext,
  LISTING_TRUSTED_MS,
} from "./storage-context";
import { compactLog } from "./compaction";
import type { JsonObject } from "./json";
import { covers, isSegment, type LogListing } from "./log-listing";
import { type LogEntry, LogMissingError, LogReader } from "./log-reader";
import { readInBatches } from "./read-in-batches";

export interface LogOptions {
  /**
   * The number of entries in a segment, ascending, each a multiple of the one before; empty for no
   * compaction. Balances the reads for a page of a long log against the size of each read.
   */
  segmentSizes?: readonly number[];
}

/**
 * Numbered entries 1, 2, 3…, each created by exactly one writer and immutable. Safe for many
 * processes on a network file system, without a lock. An acknowledged entry is on disk.
 *
 * The folder contains the files `17` (one entry: a line of JSON), `1-10` (a *segment*: entries 1 to
 * 10, a line each) and `11-20_14` (the same, with 14 missing). Compaction merges existing entries
 * into a segment, once the range is complete or further entries have followed. The merged files
 * are removed later. A number that a segment contains stays taken.
 *
 * In an entry, the fields `number` and `token` belong to the log.
 *
 * All methods throw the file system's error, and `LogMissingError` if the log does not exist. Only
 * {@link createFolder} creates the folder, so a late write cannot bring back a deleted log.
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

  /** Creates the folder and its missing parents; an existing folder is no error. */
  async createFolder(): Promise<void> {
    await createFolder(this.storage.fileSystem, this.folder);
  }

  list(): Promise<LogListing> {
    return this.reader.list();
  }

  /** Lists the folder; `undefined` if the log does not exist. */
  listIfExists(): Promise<LogListing | undefined> {
    return this.reader.listIfExists();
  }

  /**
   * Lists the folder, unless this process has {@link hasJustAdded just added} this entry: then nothing is
   * missing up to it.
   */
  async listUpTo(number: number): Promise<LogListing | undefined> {
    return this.hasJustAdded(number)
      ? this.recentListing?.with(number)
      : this.reader.listIfExists();
  }

  /** True if this process has just created the entry with this number after the last one of its listing. */
  hasJustAdded(number: number): boolean {
    return (
      this.recentListing?.last === number - 1 &&
      this.reader.recall(number) !== undefined
    );
  }

  /** See {@link LogReader.listRare}. */
  listRare(): Promise<LogListing | undefined> {
    return this.reader.listRare();
  }

  /**
   * Creates an entry under the next number.
   *
   * @param next Computes the next number from the highest taken one (0 if there is none), for logs
   *   in which a writer may not take every number.
   * @returns The number.
   */
  async append(
    entry: JsonObject,
    next: (last: number) => number = (last) => last + 1,
  ): Promise<number> {
    using _ = await this.storage.mutex.lock(this.folder);
    let listing = await this.list();
    for (;;) {
      const number = next(listing.last);
      if (await this.createEntry(number, entry, listing)) return number;
      this.storage.onConflict();
      listing = await this.list();
    }
  }

  /**
   * Creates the entry with this number.
   *
   * @param listing A listing that was just made, if there is one.
   * @returns True if this call created it; false if the number is taken.
   */
  async createAt(
    number: number,
    entry: JsonObject,
    listing?: LogListing,
  ): Promise<boolean> {
    const known = listing ?? (await this.listingFor(number));
    return this.createEntry(number, entry, known);
  }

  /**
   * Creates the first entries of an empty log, as one file: all of them exist or none does. Few are in
   * memory at a time. Another call must give the same entries: of two that give more and fewer at the same
   * moment, one wins.
   *
   * @param entries Numbered 1, 2, 3… in their order; at least one.
   * @returns True if this call created them; false if the log has entries, which are on disk then.
   */
  async createAll(entries: AsyncIterable<JsonObject>): Promise<boolean> {
    const { storage, folder } = this;
    const listing = await this.list();
    if (listing.last > 0) {
      await this.flush();
      return false;
    }
    let count = 0;
    let firstToken = "";
    const nameOf = () => (count === 1 ? "1" : `1-${count}`);
    async function* lines() {
      for await (const entry of entries) {
        const { line, token } = toLine(++count, entry);
        firstToken ||= token;
        yield line;
      }
    }
    const isCreated = await this.createFile(() =>
      createFromPieces(storage.fileSystem, folder, nameOf, buffers(lines())),
    );
    if (isCreated && !(await this.hasShorter(count, firstToken))) return true;
    if (isCreated) await storage.fileSystem.unlink(path.join(folder, nameOf()));
    // The winner may not have flushed its file yet.
    await this.flush();
    return false;
  }

  /** True if another call created fewer first entries at the same moment: then this call removes its own. */
  private async hasShorter(count: number, token: string): Promise<boolean> {
    const listing = await this.list();
    const others = listing.files.filter(
      ({ from, to }) => from === 1 && to < count,
    );
    for (const file of others) {
      const lines = await this.reader.readLines(file, [1]);
      const first = lines?.find(({ entry }) => entry.number === 1);
      // A compaction keeps the tokens.
      if (first && first.token !== token) return true;
    }
    return false;
  }

  /**
   * Makes a file that was written elsewhere the entry with this number, as a second name.
   *
   * @param line The file's whole content: one line of JSON with this `number` and a unique `token`.
   * @param token The line's.
   * @returns True if this call created the entry; false if it can't tell.
   * @throws LogMissingError, or the file system's error, for example if the file can't be linked.
   */
  async linkAt(
    number: number,
    file: string,
    { line, token }: { line: string; token: string },
  ): Promise<boolean> {
    const listing = await this.listingFor(number);
    return this.addEntry(number, line, token, listing, (name) =>
      linkExclusively(this.storage.fileSystem, file, this.folder, name),
    );
  }

  /** Flushes the entries of other processes: their writers may have died after the link. */
  flush(): Promise<void> {
    return this.storage.fileSystem.syncDirectory(this.folder);
  }

  /**
   * Reads the entry with this number.
   *
   * @param listing A listing that was just made, if there is one.
   * @returns `undefined` if it does not exist or is unreadable; the latter is reported.
   */
  async read(
    number: number,
    listing?: LogListing,
  ): Promise<LogEntry | undefined> {
    const known = this.reader.recall(number);
    return known ?? (await this.readRange(number, number, listing))[0];
  }

  /** Reads the entries numbered `from` to `to`, both included, in ascending order. */
  async readRange(
    from: number,
    to: number,
    listing?: LogListing,
  ): Promise<LogEntry[]> {
    const known = listing ?? (await this.list());
    return this.reader.readEntries(known.between(from, to), known);
  }

  /** Reads the entries with these numbers, in this order. */
  readEntries(numbers: number[], listing: LogListing): Promise<LogEntry[]> {
    return this.reader.readEntries(numbers, listing);
  }

  /**
   * Reads the last `count` entries, or the last below the number `before`, in ascending order.
   * Reads a few files, however long the log is.
   */
  async readLast(
    count: number,
    {
      before = Infinity,
      listing,
    }: { before?: number; listing?: LogListing } = {},
  ): Promise<LogEntry[]> {
    const known = listing ?? (await this.list());
    return this.reader.readEntries(known.newest(count, before - 1), known);
  }

  /** Reads the entries with these numbers, in this order. A few more than are cached are in memory at a time. */
  readInTurn(
    numbers: readonly number[],
    listing: LogListing,
  ): AsyncGenerator<LogEntry, void> {
    return readInBatches(
      numbers,
      (some) => this.readEntries(some, listing),
      (number) => this.reader.recallIn(number, listing),
    );
  }

  /**
   * Creates the segments that are due and removes files that older segments replace. Appending
   * starts it when needed. It may run beside writers, readers and other compactions, and may be
   * interrupted at any point.
   */
  async compact(): Promise<void> {
    using _ = await this.storage.mutex.lock(`${this.folder}#compact`);
    await compactLog(this.reader, this.segmentSizes);
  }

  /** A listing that tells whether a number is taken: a recent one does if the number is beyond it. */
  private async listingFor(number: number): Promise<LogListing> {
    const recent = this.recentListing;
    const isEnough = recent && recent.last > 0 && recent.last < number;
    return isEnough ? recent : this.list();
  }

  /** This process's last listing, while it can be trusted. */
  private get recentListing(): LogListing | undefined {
    const recent = this.reader.recentListing;
    if (!recent) return undefined;
    const ms = elapsedMs(recent.listedAt, this.storage.now());
    return ms < LISTING_TRUSTED_MS / 2 ? recent : undefined;
  }

  private createEntry(
    number: number,
    entry: JsonObject,
    listing: LogListing,
  ): Promise<boolean> {
    const { line, token } = toLine(number, entry);
    return this.addEntry(number, line, token, listing, (name) =>
      createExclusively(
        this.storage.fileSystem,
        this.folder,
        name,
        Buffer.from(line),
      ),
    );
  }

  /** @param create Creates the file, unless the name is taken. */
  private async addEntry(
    number: number,
    line: string,
    token: string,
    listing: LogListing,
    create: (name: string) => Promise<boolean>,
  ): Promise<boolean> {
    if (listing.has(number)) return false;
    if (listing.files.length === 0) await this.flushName();
    if (!(await this.createFile(() => create(String(number))))) return false;
    const isLate =
      elapsedMs(listing.listedAt, this.storage.now()) >= LISTING_TRUSTED_MS;
    if (isLate && !(await this.isOurs(number, token))) return false;
    this.reader.remember(number, line);
    this.compactIfDue(number, listing);
    return true;
  }

  /** Flushes the log's own name: the process that created the folder may have died before. */
  private flushName(): Promise<void> {
    return this.storage.fileSystem.syncDirectory(path.dirname(this.folder));
  }

  /** @param before A listing without the entry with this number. */
  private compactIfDue(number: number, before: LogListing): void {
    const [size] = this.segmentSizes;
    if (!size || number < size || number % size > 1) return;
    const end = number - (number % size);
    // The process that created the entry before has compacted.
    if (before.files.some((f) => f.from <= end - size + 1 && f.to >= end))
      return;
    // Runs in the background: a failed compaction is repeated after later appends.
    this.compact().catch(() => undefined);
  }

  private async createFile(create: () => Promise<boolean>): Promise<boolean> {
    try {
      return await create();
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      throw new LogMissingError(`There is no log ${this.folder}`, {
        cause: error,
      });
    }
  }

  /** After a long pause, the number may be in a segment already, as another writer's entry. */
  private async isOurs(number: number, token: string): Promise<boolean> {
    const segment = (await this.list()).files.find(
      (file) => isSegment(file) && covers(file, number),
    );
    if (!segment) return true;
    const lines = await this.reader.readLines(segment, [number]);
    const winner = lines?.find((line) => line.entry.number === number);
    if (winner?.token === token) return true;
    const stray = path.join(this.folder, String(number));
    await this.storage.fileSystem.unlink(stray).catch(() => undefined);
    return false;
  }
}

function toLine(
  number: number,
  entry: JsonObject,
): { line: string; token: string } {
  const token = randomBytes(12).toString("base64url");
  return { line: `${JSON.stringify({ ...entry, number, token })}\n`, token };
}

async function* buffers(
  lines: AsyncIterable<string>,
): AsyncGenerator<Buffer, void> {
  for await (const line of lines) yield Buffer.from(line);
}
