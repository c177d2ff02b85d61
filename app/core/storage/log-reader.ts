import path from "node:path";
import { errorCode } from "../runtime/errors";
import { listFresh } from "./exclusive-file";
import type { Cached, StorageContext } from "./storage-context";
import { isUnreadable } from "./file-errors";
import { type JsonObject, parseObject } from "./json";
import { covers, entryCount, LogListing, type LogFile } from "./log-listing";

/** An entry as it is read. It can't change any more, and is shared: it is frozen. */
export type LogEntry = Readonly<JsonObject> & { readonly number: number };

export class LogMissingError extends Error {
  override readonly name = "LogMissingError";
}

/** What lies in a log's folder: which entries there are, and what is in its files. */
export class LogReader {
  constructor(
    readonly storage: StorageContext,
    readonly folder: string,
  ) {}

  /** What there is, by one listing of the folder. */
  async list(): Promise<LogListing> {
    const listing = await this.listIfExists();
    if (listing) return listing;
    throw new LogMissingError(`There is no log ${this.folder}`);
  }

  /** The same, but `undefined` if there is no such log. */
  async listIfExists(): Promise<LogListing | undefined> {
    const listedAt = this.storage.now();
    const names = await listFresh(this.storage.fileSystem, this.folder);
    return names && new LogListing(names, listedAt);
  }

  /** The entries of these numbers, those that can be read; in their order. */
  async readNumbers(
    numbers: number[],
    listing: LogListing,
  ): Promise<LogEntry[]> {
    const found = new Map<number, LogEntry>();
    const tried = new Set<LogFile>();
    for (;;) {
      const wanted = numbers.filter((number) => !found.has(number));
      const sources = plan(wanted, listing.files, tried);
      if (sources.size === 0) break;
      const loads = [...sources].map(async (source) => {
        tried.add(source);
        const lines = (await this.readFile(source)) ?? [];
        for (const { entry } of lines) found.set(entry.number, entry);
      });
      await Promise.all(loads);
    }
    return numbers.flatMap((number) => found.get(number) ?? []);
  }

  /** Who makes an entry is asked for it soon, and knows what is in the file. */
  remember(number: number, line: string): void {
    const name = String(number);
    const source = { name, from: number, to: number, holes: NO_HOLES };
    const known = new KnownLines(parseLines(line, source));
    this.storage.cache.set(path.join(this.folder, name), known);
  }

  /** The entries of one file, from memory if they are there. See {@link readFromDisk}. */
  async readFile(source: LogFile): Promise<readonly LogLine[] | undefined> {
    const file = path.join(this.folder, source.name);
    const cached = this.storage.cache.get(file);
    if (cached instanceof KnownLines) return cached.lines;
    const lines = await this.readFromDisk(source);
    if (!lines) return undefined;
    if (lines.length < entryCount(source)) this.reportDamage(file);
    else this.storage.cache.set(file, new KnownLines(lines));
    return lines;
  }

  /**
   * The entries of one file.
   *
   * @returns `undefined` if it isn't there (any more). Damaged lines are left out.
   */
  async readFromDisk(source: LogFile): Promise<LogLine[] | undefined> {
    const text = await this.readText(path.join(this.folder, source.name));
    return text === undefined ? undefined : parseLines(text, source);
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
  sources: readonly LogFile[],
  tried: Set<LogFile>,
): Set<LogFile> {
  const untried = sources.filter((source) => !tried.has(source));
  return new Set(
    wanted.flatMap(
      (number) => untried.find((source) => covers(source, number)) ?? [],
    ),
  );
}

function parseLines(text: string, source: LogFile): LogLine[] {
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
