import { randomBytes } from "node:crypto";
import path from "node:path";
import { errorCode } from "../errorCode";
import { listFresh, makeExclusively, makeFolder } from "./exclusiveFile";
import { type Cached, elapsedMs, type Files, TRUSTED_MS } from "./Files";
import { isUnreadable } from "./fileErrors";
import { foldLog } from "./foldLog";
import { type JsonObject, parseObject } from "./json";
import {
  covers,
  entriesIn,
  isSegment,
  LogListing,
  type Source,
} from "./logListing";

/** An entry as it is read. It can't change any more, and is shared: it is frozen. */
export type LogEntry = Readonly<JsonObject> & { readonly number: number };

export class LogMissingError extends Error {
  override readonly name = "LogMissingError";
}

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
 * if there is no such log: only {@link make} makes its folder, so nothing that was deleted comes
 * back by a late write.
 */
export class ExclusiveLog {
  readonly segmentSizes: readonly number[];

  constructor(
    readonly files: Files,
    readonly folder: string,
    { segmentSizes = [10, 100] }: LogOptions = {},
  ) {
    this.segmentSizes = segmentSizes;
  }

  /** Makes the folder, and those above it that are missing; it may be there already. */
  async make(): Promise<void> {
    await makeFolder(this.files.fileSystem, this.folder);
  }

  /** What there is, by one listing of the folder. */
  async list(): Promise<LogListing> {
    const listing = await this.listIfThere();
    if (listing) return listing;
    throw new LogMissingError(`There is no log ${this.folder}`);
  }

  /** The same, but `undefined` if there is no such log. */
  async listIfThere(): Promise<LogListing | undefined> {
    const listedAt = this.files.now();
    const names = await listFresh(this.files.fileSystem, this.folder);
    return names && new LogListing(names, listedAt);
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
    return this.files.serial.run(this.folder, async () => {
      let listing = await this.list();
      for (;;) {
        const number = next(listing.last);
        if (await this.makeEntry(number, entry, listing)) return number;
        this.files.onConflict();
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
    return this.readNumbers(known.between(from, to), known);
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
    return this.readNumbers(known.lastOnes(count, before - 1), known);
  }

  /**
   * Makes the segments that are due and removes what older ones hold. Runs by itself when entries
   * are made; beside any writer, reader, or another fold, and can be cut at any point.
   */
  fold(): Promise<void> {
    return this.files.serial.run(`${this.folder}#fold`, () => foldLog(this));
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
    const isSlow = elapsedMs(listing.listedAt, this.files.now()) >= TRUSTED_MS;
    if (isSlow && !(await this.isOurs(number, token))) return false;
    this.remember(number, line);
    this.foldIfDue(number);
    return true;
  }

  /** Who makes an entry is asked for it soon, and knows what is in the file. */
  private remember(number: number, line: string): void {
    const name = String(number);
    const source = { name, from: number, to: number, holes: NO_HOLES };
    const known = new KnownLines(parseLines(line, source));
    this.files.cache.set(path.join(this.folder, name), known);
  }

  private foldIfDue(number: number): void {
    const [size] = this.segmentSizes;
    if (!size || number < size || number % size > 1) return;
    // Nobody waits for it: what isn't folded now is folded the next time.
    this.fold().catch(() => undefined);
  }

  private async makeFile(number: number, bytes: Buffer): Promise<boolean> {
    const { fileSystem } = this.files;
    try {
      return await makeExclusively(
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
    const segment = (await this.list()).sources.find(
      (source) => isSegment(source) && covers(source, number),
    );
    if (!segment) return true;
    const lines = await this.readSource(segment);
    const holder = lines?.find((line) => line.entry.number === number);
    if (holder?.token === token) return true;
    const stray = path.join(this.folder, String(number));
    await this.files.fileSystem.unlink(stray).catch(() => undefined);
    return false;
  }

  private async readNumbers(
    numbers: number[],
    listing: LogListing,
  ): Promise<LogEntry[]> {
    const found = new Map<number, LogEntry>();
    const tried = new Set<Source>();
    for (;;) {
      const wanted = numbers.filter((number) => !found.has(number));
      const sources = plan(wanted, listing.sources, tried);
      if (sources.size === 0) break;
      const loads = [...sources].map(async (source) => {
        tried.add(source);
        const lines = (await this.readSource(source)) ?? [];
        for (const { entry } of lines) found.set(entry.number, entry);
      });
      await Promise.all(loads);
    }
    return numbers.flatMap((number) => found.get(number) ?? []);
  }

  /** The entries of one file, from memory if they are there. See {@link readFromDisk}. */
  async readSource(source: Source): Promise<readonly LogLine[] | undefined> {
    const file = path.join(this.folder, source.name);
    const cached = this.files.cache.get(file);
    if (cached instanceof KnownLines) return cached.lines;
    const lines = await this.readFromDisk(source);
    if (!lines) return undefined;
    if (lines.length < entriesIn(source)) this.reportDamage(file);
    else this.files.cache.set(file, new KnownLines(lines));
    return lines;
  }

  /**
   * The entries of one file.
   *
   * @returns `undefined` if it isn't there (any more). Damaged lines are left out.
   */
  async readFromDisk(source: Source): Promise<LogLine[] | undefined> {
    const text = await this.readText(path.join(this.folder, source.name));
    return text === undefined ? undefined : parseLines(text, source);
  }

  private async readText(file: string): Promise<string | undefined> {
    try {
      return (await this.files.fileSystem.readFile(file)).toString();
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      if (isUnreadable(error)) return "";
      throw error;
    }
  }

  private reportDamage(file: string) {
    this.files.onDamage({
      path: file,
      reason: "can't be read whole",
      advice:
        "What can be read of it is served. Restore it from a backup; it is never written to.",
    });
  }
}

const NO_HOLES: ReadonlySet<number> = new Set();

/** One line of an entry's file or of a segment. */
export interface LogLine {
  entry: LogEntry;
  token: string;
  /** As it is on disk, without the newline. */
  text: string;
}

class KnownLines implements Cached {
  readonly weight: number;
  constructor(readonly lines: readonly LogLine[]) {
    // The text, what was parsed of it, and the objects around them.
    this.weight = lines.reduce(
      (sum, line) => sum + 4 * line.text.length + 500,
      0,
    );
  }
}

function plan(
  wanted: number[],
  sources: readonly Source[],
  tried: Set<Source>,
): Set<Source> {
  const untried = sources.filter((source) => !tried.has(source));
  return new Set(
    wanted.flatMap(
      (number) => untried.find((source) => covers(source, number)) ?? [],
    ),
  );
}

function parseLines(text: string, source: Source): LogLine[] {
  return text.split("\n").flatMap((line) => {
    const parsed = line === "" ? undefined : parseObject(line);
    const { number, token } = parsed ?? {};
    if (!parsed || typeof number !== "number" || typeof token !== "string") {
      return [];
    }
    if (!covers(source, number)) return [];
    delete parsed.token;
    return [{ entry: freeze({ ...parsed, number }), token, text: line }];
  });
}

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value) as unknown[]) {
    if (typeof inner === "object" && inner !== null) freeze(inner);
  }
  return Object.freeze(value);
}
