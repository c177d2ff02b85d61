import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "../core/runtime/errors";
import { emptyFolder, temporaryName } from "../core/storage/exclusive-file";
import type { FileSystem, FolderEntry } from "../core/storage/file-system";
import type { Logger } from "../core/runtime/log";

/** Counts of a sweep, for its log message. */
export interface Tally {
  examined: number;
  expired: number;
  /** Removed versions. */
  versions: number;
  /** Removed files of logs that a segment replaces. */
  folded: number;
  /** Deleted conversations that can no longer be restored. */
  ended: number;
  /** Removed conversations. */
  conversations: number;
  /** Removed epochs of finished replies. */
  epochs: number;
  /** Removed files that no message has. */
  files: number;
  /** Removed shared links and lookups of their tokens. */
  links: number;
  /** Removed imports. */
  imports: number;
  /** Anonymous owners that were marked for removal. */
  marked: number;
  /** Removed anonymous owners. */
  owners: number;
  /** Removed files of interrupted operations. */
  leftovers: number;
  /** Files and folders that failed; the log names them. */
  failed: number;
}

const newTally = (): Tally => ({
  examined: 0,
  expired: 0,
  versions: 0,
  folded: 0,
  ended: 0,
  conversations: 0,
  epochs: 0,
  files: 0,
  links: 0,
  imports: 0,
  marked: 0,
  owners: 0,
  leftovers: 0,
  failed: 0,
});

/** A younger file may belong to a write in progress, which takes far less than an hour. */
export const LEFTOVER_AFTER_MS = 3_600_000;

/** Every writer that is still running has seen a newest version of this age. */
export const OLD_ENOUGH_MS = 600_000;

/** Folders that are examined concurrently, to hide the latency of a network file system. */
const CONCURRENCY = 8;

const FAILURES_LOGGED = 20;

/** A single pass over a directory. */
export class Sweep {
  readonly tally = newTally();
  private nextSlot = 0;

  constructor(
    readonly fileSystem: FileSystem,
    private readonly log: Logger,
    /** The start time by the file system's clock, from which all ages are computed. */
    readonly startedAt: number,
    private readonly foldersPerSecond: number,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws The file system's error if the directory can't be written to. */
  static async begin(
    directory: string,
    deps: {
      fileSystem: FileSystem;
      log: Logger;
      foldersPerSecond: number;
      signal: AbortSignal;
    },
  ): Promise<Sweep> {
    const { fileSystem, log, foldersPerSecond, signal } = deps;
    const probe = path.join(directory, temporaryName());
    await (await fileSystem.open(probe, "wx")).close();
    const { mtimeMs } = await fileSystem.stat(probe);
    await fileSystem.unlink(probe);
    return new Sweep(fileSystem, log, mtimeMs, foldersPerSecond, signal);
  }

  /** The entries of a folder; ends early at an error, which it counts. */
  async *entries(folder: string): AsyncGenerator<FolderEntry> {
    try {
      yield* this.fileSystem.entries(folder);
    } catch (error) {
      await this.attempt(folder, () => Promise.reject(error));
    }
  }

  /**
   * The entries of a small folder, starting at a random one: so interrupted sweeps reach every entry
   * eventually.
   */
  async *entriesFromRandom(folder: string): AsyncGenerator<FolderEntry> {
    const all: FolderEntry[] = [];
    for await (const entry of this.entries(folder)) all.push(entry);
    const first = Math.floor(Math.random() * all.length);
    yield* all.slice(first);
    yield* all.slice(0, first);
  }

  /** True if it was stopped before its end. */
  get isInterrupted(): boolean {
    return this.signal.aborted;
  }

  /** Runs the work for each folder, concurrently and at a limited rate, until it is stopped. */
  async each(
    folders: AsyncIterable<string>,
    work: (folder: string) => Promise<void>,
  ): Promise<void> {
    const iterator = folders[Symbol.asyncIterator]();
    // Workers share the iterator, which queues their requests.
    const worker = async () => {
      while (!this.signal.aborted) {
        const { done, value } = await iterator.next();
        if (done === true) return;
        await this.throttle();
        this.tally.examined++;
        await this.attempt(value, () => work(value));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    await iterator.return?.();
  }

  /** Waits for the rate limiter. */
  async throttle(): Promise<void> {
    const now = performance.now();
    this.nextSlot =
      Math.max(this.nextSlot, now - 100) + 1000 / this.foldersPerSecond;
    const waitMs = this.nextSlot - now;
    if (waitMs > 5) await sleep(waitMs);
  }

  /** Counts and logs a failure, and continues. */
  async attempt(file: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Another process removed it.
      if (errorCode(error) === "ENOENT") return;
      this.tally.failed++;
      if (this.tally.failed > FAILURES_LOGGED) return;
      this.log.error({ error, file }, "failed to sweep file");
    }
  }

  /**
   * The age of a file or folder at the start of the sweep, in milliseconds.
   *
   * @throws The file system's error.
   */
  async age(file: string): Promise<number> {
    return this.startedAt - (await this.fileSystem.stat(file)).mtimeMs;
  }

  /** Removes a temporary file or folder that no process can still be using. */
  async removeLeftover(file: string): Promise<void> {
    await this.attempt(file, async () => {
      const { mtimeMs, isDirectory } = await this.fileSystem.stat(file);
      if (this.startedAt - mtimeMs < LEFTOVER_AFTER_MS) return;
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

/** Applies the rate limit to each removed folder. */
export function throttled(sweep: Sweep): FileSystem {
  const { fileSystem } = sweep;
  return {
    ...fileSystem,
    rmdir: async (folder) => {
      await sweep.throttle();
      await fileSystem.rmdir(folder);
    },
  };
}
