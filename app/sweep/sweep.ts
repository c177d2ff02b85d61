import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "../core/runtime/errors";
import { emptyFolder, temporaryName } from "../core/storage/exclusive-file";
import type { FileSystem, FolderEntry } from "../core/storage/file-system";
import type { Logger } from "../core/runtime/log";

/** What a sweep did, in files and folders. */
export interface Tally {
  /** Folders that were looked into. */
  examined: number;
  /** Sessions that were removed. */
  expired: number;
  /** Versions that others superseded. */
  versions: number;
  /** Entries and segments that a longer segment holds. */
  folded: number;
  /** Deleted conversations that from now on can't be restored. */
  ended: number;
  /** Conversations that were removed with all that they held. */
  conversations: number;
  /** What writes, makings and removals left behind that were cut. */
  leftovers: number;
  /** What could not be removed or looked into: the log names it. */
  failed: number;
}

const newTally = (): Tally => ({
  examined: 0,
  expired: 0,
  versions: 0,
  folded: 0,
  ended: 0,
  conversations: 0,
  leftovers: 0,
  failed: 0,
});

/** What is younger may belong to a write that is under way. An hour is far above any. */
export const LEFTOVER_AFTER_MS = 3_600_000;

/** A newest version of this age was there for every writer that may still be at work. */
export const SETTLED_AFTER_MS = 600_000;

/** How many folders are looked into at once: hides the latency of a network file system. */
const CONCURRENCY = 8;

const FAILURES_LOGGED = 20;

/** One pass over a directory. */
export class Sweep {
  readonly tally = newTally();
  private nextTurn = 0;

  constructor(
    readonly fileSystem: FileSystem,
    private readonly log: Logger,
    /** When it began, by the file system's own clock: ages are counted by no other. */
    readonly begun: number,
    private readonly foldersPerSecond: number,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws The file system's error if the directory can't be written to. */
  static async begin(
    directory: string,
    options: {
      fileSystem: FileSystem;
      log: Logger;
      foldersPerSecond: number;
      signal: AbortSignal;
    },
  ): Promise<Sweep> {
    const { fileSystem, log, foldersPerSecond, signal } = options;
    const probe = path.join(directory, temporaryName());
    await (await fileSystem.open(probe, "wx")).close();
    const { mtimeMs } = await fileSystem.stat(probe);
    await fileSystem.unlink(probe);
    return new Sweep(fileSystem, log, mtimeMs, foldersPerSecond, signal);
  }

  /** What is in a folder; nothing more of it once that can't be told. */
  async *entries(folder: string): AsyncGenerator<FolderEntry> {
    try {
      yield* this.fileSystem.entries(folder);
    } catch (error) {
      await this.attempt(folder, () => Promise.reject(error));
    }
  }

  /**
   * The same of a folder that holds a few, from a random one on: sweeps that are cut each time get
   * everywhere in the end.
   */
  async *entriesFromAny(folder: string): AsyncGenerator<FolderEntry> {
    const all: FolderEntry[] = [];
    for await (const entry of this.entries(folder)) all.push(entry);
    const first = Math.floor(Math.random() * all.length);
    yield* all.slice(first);
    yield* all.slice(0, first);
  }

  /** Whether it was told to end before it was through. */
  get isCut(): boolean {
    return this.signal.aborted;
  }

  /** Does the work for each folder: several at once, so many a second, until it is stopped. */
  async each(
    folders: AsyncIterable<string>,
    work: (folder: string) => Promise<void>,
  ): Promise<void> {
    const iterator = folders[Symbol.asyncIterator]();
    // Whoever is free takes the next: iterators queue such requests.
    const worker = async () => {
      while (!this.signal.aborted) {
        const { done, value } = await iterator.next();
        if (done === true) return;
        await this.turn();
        this.tally.examined++;
        await this.attempt(value, () => work(value));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    await iterator.return?.();
  }

  /** Waits until one more folder may be looked into, or removed. */
  async turn(): Promise<void> {
    const now = performance.now();
    this.nextTurn =
      Math.max(this.nextTurn, now - 100) + 1000 / this.foldersPerSecond;
    const waitMs = this.nextTurn - now;
    if (waitMs > 5) await sleep(waitMs);
  }

  /** What fails is counted and named, and the rest goes on. */
  async attempt(file: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Another sweep or a writer was here first.
      if (errorCode(error) === "ENOENT") return;
      this.tally.failed++;
      if (this.tally.failed > FAILURES_LOGGED) return;
      this.log.error({ error, file }, "could not be swept");
    }
  }

  /**
   * The age of a file or folder in milliseconds, when the sweep began.
   *
   * @throws The file system's error, ENOENT if it isn't there.
   */
  async age(file: string): Promise<number> {
    return this.begun - (await this.fileSystem.stat(file)).mtimeMs;
  }

  /** Removes a temporary file or folder, if nobody can be at work on it. */
  async removeLeftover(file: string): Promise<void> {
    await this.attempt(file, async () => {
      const { mtimeMs, isDirectory } = await this.fileSystem.stat(file);
      if (this.begun - mtimeMs < LEFTOVER_AFTER_MS) return;
      if (isDirectory) await emptyFolder(this.fileSystem, file);
      else await this.fileSystem.unlink(file);
      this.tally.leftovers++;
    });
  }

  async remove(folder: string, names: readonly string[]): Promise<number> {
    let count = 0;
    for (const name of names) {
      await this.attempt(name, async () => {
        await this.fileSystem.unlink(path.join(folder, name));
        count++;
      });
    }
    return count;
  }
}
