import { leave, TimeoutError, withTimeout } from "../runtime/async";
import type { FileSystem, FolderEntry, OpenFile } from "./file-system";

/** The file system did not answer in time; the operation may still happen. */
export class StorageTimeoutError extends Error {
  override readonly name = "StorageTimeoutError";
  readonly code = "ETIMEDOUT";
}

export interface Bounds {
  /** The longest time that a call may take, and the longest that it may wait for a slot. */
  timeoutMs: number;
  /**
   * The number of concurrent calls. A hanging call occupies a thread of the process's small pool
   * until it returns, so this must be below the size of the pool.
   */
  concurrency: number;
}

export const boundsFrom = (config: {
  STORAGE_TIMEOUT_SECONDS: number;
  UV_THREADPOOL_SIZE: number;
}): Bounds => ({
  timeoutMs: config.STORAGE_TIMEOUT_SECONDS * 1000,
  // The other threads serve DNS lookups and static files.
  concurrency: Math.floor(config.UV_THREADPOOL_SIZE * 0.75),
});

/**
 * A file system whose calls settle in bounded time. A slow call rejects; while hanging calls occupy
 * all slots, further calls reject at once. It recovers when the hanging calls return.
 */
export function boundFileSystem(
  fileSystem: FileSystem,
  bounds: Bounds,
): FileSystem {
  const gate = new Gate(bounds);
  const bound =
    <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> =>
      gate.run(() => call(...args));
  return {
    readdir: bound(fileSystem.readdir),
    entries: (folder) => boundEntries(gate, fileSystem.entries(folder)),
    readFile: bound(fileSystem.readFile),
    open: async (file, flags) => {
      const open = () => fileSystem.open(file, flags);
      // A file that opens after the time-out has no user: close it.
      const handle = await gate.run(open, { onLate: (late) => late.close() });
      return boundFile(gate, handle);
    },
    link: bound(fileSystem.link),
    unlink: bound(fileSystem.unlink),
    mkdir: bound(fileSystem.mkdir),
    rmdir: bound(fileSystem.rmdir),
    rename: bound(fileSystem.rename),
    stat: bound(fileSystem.stat),
    syncDirectory: bound(fileSystem.syncDirectory),
    refresh: bound(fileSystem.refresh),
  };
}

function boundFile(gate: Gate, handle: OpenFile): OpenFile {
  return {
    write: (data, position) => gate.run(() => handle.write(data, position)),
    read: (position, length) => gate.run(() => handle.read(position, length)),
    size: () => gate.run(() => handle.size()),
    sync: () => gate.run(() => handle.sync()),
    close: () => gate.run(() => handle.close(), { mustRun: true }),
  };
}

async function* boundEntries(
  gate: Gate,
  entries: AsyncIterable<FolderEntry>,
): AsyncIterable<FolderEntry> {
  const iterator = entries[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await gate.run(() => iterator.next());
      if (done === true) return;
      yield value;
    }
  } finally {
    leave(iterator);
  }
}

interface RunOptions<T> {
  /** Receives a result that comes after the call has timed out. */
  onLate?: (result: T) => Promise<unknown>;
  /** Runs a call that got no slot in time as soon as there is one, although it has rejected. */
  mustRun?: boolean;
}

interface Waiter {
  admit: () => void;
  reject: () => void;
}

/** Bounds the number of concurrent calls, and how long each may wait and run. */
class Gate {
  private freeSlots: number;
  private hanging = 0;
  private readonly waiters = new Set<Waiter>();

  constructor(private readonly bounds: Bounds) {
    this.freeSlots = bounds.concurrency;
  }

  async run<T>(
    call: () => Promise<T>,
    { onLate, mustRun = false }: RunOptions<T> = {},
  ): Promise<T> {
    try {
      await this.enter();
    } catch (error) {
      if (mustRun) this.runLater(call);
      throw error;
    }
    let isLate = false;
    const ended = call().finally(() => {
      if (isLate) this.hanging--;
      this.leave();
    });
    try {
      return await withTimeout(ended, this.bounds.timeoutMs);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      isLate = true;
      this.markHanging();
      ended.then(onLate).catch(() => undefined);
      throw timeout();
    }
  }

  private runLater(call: () => Promise<unknown>): void {
    const admit = () => {
      this.waiters.delete(waiter);
      call()
        .catch(() => undefined)
        .finally(() => this.leave());
    };
    const waiter = { admit, reject: () => undefined };
    this.waiters.add(waiter);
  }

  private enter(): Promise<void> | undefined {
    if (this.freeSlots > 0) {
      this.freeSlots--;
      return undefined;
    }
    if (this.isStuck) throw timeout();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => () => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        settle();
      };
      const waiter = {
        admit: end(resolve),
        reject: end(() => reject(timeout())),
      };
      const timer = setTimeout(waiter.reject, this.bounds.timeoutMs);
      this.waiters.add(waiter);
    });
  }

  private leave(): void {
    const [next] = this.waiters;
    if (next) next.admit();
    else this.freeSlots++;
  }

  private get isStuck(): boolean {
    return this.hanging >= this.bounds.concurrency;
  }

  private markHanging(): void {
    this.hanging++;
    if (this.isStuck) for (const { reject } of this.waiters) reject();
  }
}

const timeout = () =>
  new StorageTimeoutError("The file system does not answer.");
