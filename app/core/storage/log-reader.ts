import path from "node:path";
import { errorCode } from "../runtime/errors";
import { listFresh } from "./exclusive-file";
import type { Cached, StorageContext } from "./storage-context";
import { isUnreadable } from "./file-system";
import { type JsonObject, parseObject } from "./json";
import { covers, entryCount, LogListing, type LogFile } from "./log-listing";

/** An immutable entry. Readers share the object, so it is frozen. */
export type LogEntry = Readonly<JsonObject> & { readonly number: number };

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

  async listIfExists(): Promise<LogListing | undefined> {
    const listedAt = this.storage.now();
    const names = await listFresh(this.storage.fileSystem, this.folder);
    return names && new LogListing(names, listedAt);
  }

  /** Reads the entries with these numbers, in this order; unreadable ones are left out. */
  async readEntries(
    numbers: number[],
    listing: LogListing,
  ): Promise<LogEntry[]> {
    const found = new Map<number, LogEntry>();
    const tried = new Set<LogFile>();
    for (;;) {
      const wanted = numbers.filter((number) => !found.has(number));
      const files = plan(wanted, listing.files, tried);
      if (files.size === 0) break;
      const loads = [...files].map(async (file) => {
        tried.add(file);
        const lines = (await this.readFile(file)) ?? [];
        for (const { entry } of lines) found.set(entry.number, entry);
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

  /** The entries of one file, from the cache if possible. See {@link readFromDisk}. */
  async readFile(file: LogFile): Promise<readonly LogLine[] | undefined> {
    const where = path.join(this.folder, file.name);
    const cached = this.storage.cache.get(where);
    if (cached instanceof KnownLines) return cached.lines;
    const lines = await this.readFromDisk(file);
    if (!lines) return undefined;
    if (lines.length < entryCount(file)) this.reportDamage(where);
    else this.storage.cache.set(where, new KnownLines(lines));
    return lines;
  }

  /**
   * The entries of one file.
   *
   * @returns `undefined` if the file does not exist. Damaged lines are left out.
   */
  async readFromDisk(file: LogFile): Promise<LogLine[] | undefined> {
    const text = await this.readText(path.join(this.folder, file.name));
    return text === undefined ? undefined : parseLines(text, file);
  }

  private async readText(file: string): Promise<string | undefined> {
    try {
      return (await this.storage.fileSystem.readFile(file)).toString();
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      if (isUnreadable(error)) return "";
      throw error;
    }
  }

  private reportDamage(file: string) {
    this.storage.onDamage({
      path: file,
      reason: "can't be read whole",
      advice:
        "Its readable entries are still served. Restore the file from a backup; it is never written again.",
    });
  }
}

const NO_HOLES: ReadonlySet<number> = new Set();

export interface LogLine {
  entry: LogEntry;
  token: string;
  /** The line on disk, without the newline. */
  text: string;
}

class KnownLines implements Cached {
  readonly weight: number;
  constructor(readonly lines: readonly LogLine[]) {
    // The text, the parsed entry and the objects around them.
    this.weight = lines.reduce(
      (sum, line) => sum + 4 * line.text.length + 500,
      0,
    );
  }
}

function plan(
  wanted: number[],
  files: readonly LogFile[],
  tried: Set<LogFile>,
): Set<LogFile> {
  const untried = files.filter((file) => !tried.has(file));
  return new Set(
    wanted.flatMap(
      (number) => untried.find((file) => covers(file, number)) ?? [],
    ),
  );
}

function parseLines(text: string, file: LogFile): LogLine[] {
  return text.split("\n").flatMap((line) => {
    const parsed = line === "" ? undefined : parseObject(line);
    const { number, token } = parsed ?? {};
    if (!parsed || typeof number !== "number" || typeof token !== "string") {
      return [];
    }
    if (!covers(file, number)) return [];
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
