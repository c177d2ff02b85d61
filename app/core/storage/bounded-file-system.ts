import type { FileSystem, FolderEntry, OpenFile } from "./file-system";

/** The file system did not answer in time; what was asked of it may still happen. */
export class StorageTimeoutError extends Error {
  override readonly name = "StorageTimeoutError";
  readonly code = "ETIMEDOUT";
}

export interface Bounds {
  /** How long a call may take, and may wait for its turn: milliseconds each. */
  timeoutMs: number;
  /**
   * How many calls may be under way. A call that hangs holds a thread of the process until it
   * returns, and the process has few for all it does: this must leave some.
   */
  concurrency: number;
}

/** The bounds of a process with these settings. */
export const boundsFrom = (config: {
  STORAGE_TIMEOUT_SECONDS: number;
  UV_THREADPOOL_SIZE: number;
}): Bounds => ({
  timeoutMs: config.STORAGE_TIMEOUT_SECONDS * 1000,
  // The rest is for all else that needs a thread: looking up names, serving static files.
  concurrency: Math.floor(config.UV_THREADPOOL_SIZE * 0.75),
});

/**
 * A file system whose calls end in time, whatever the disk does: one that takes longer rejects,
 * and while all places are held by calls that hang, others reject at once. When those return,
 * all is well again by itself.
 */
export function boundFileSystem(
  fileSystem: FileSystem,
  bounds: Bounds,
): FileSystem {
  const gate = new Gate(bounds);
  const bound =
    <A extends unknown[], T>(call: (...given: A) => Promise<T>) =>
    (...given: A): Promise<T> =>
      gate.run(() => call(...given));
  return {
    readdir: bound(fileSystem.readdir),
    entries: (folder) => boundEntries(gate, fileSystem.entries(folder)),
    readFile: bound(fileSystem.readFile),
    open: async (file, flags) => {
      const open = () => fileSystem.open(file, flags);
      // One that opens after all is of no use to anybody.
      const handle = await gate.run(open, (late) => late.close());
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
    close: () => gate.runAnyway(() => handle.close()),
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
    // Not waited for: after a call that hangs this waits for it, and then closes the folder.
    void iterator.return?.().catch(() => undefined);
  }
}

interface Waiting {
  admit: () => void;
  refuse: () => void;
}

/** Lets so many in at a time, and lets nobody wait for longer than so long. */
class Gate {
  private places: number;
  private hanging = 0;
  private readonly waiting = new Set<Waiting>();

  constructor(private readonly bounds: Bounds) {
    this.places = bounds.concurrency;
  }

  /** @param onLate What to do with a result that comes after the call was given up. */
  async run<T>(
    call: () => Promise<T>,
    onLate?: (result: T) => Promise<unknown>,
  ): Promise<T> {
    await this.enter();
    let isLate = false;
    const ended = call().finally(() => {
      if (isLate) this.hanging--;
      this.leave();
    });
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        isLate = true;
        this.hang();
        reject(timeout());
        if (onLate) ended.then(onLate).catch(() => undefined);
      }, this.bounds.timeoutMs);
      ended.finally(() => clearTimeout(timer)).then(resolve, reject);
    });
  }

  /** As {@link run}, but what is refused is done when there is a place, however late. */
  async runAnyway(call: () => Promise<void>): Promise<void> {
    let isBegun = false;
    const begin = () => {
      isBegun = true;
      return call();
    };
    try {
      await this.run(begin);
    } catch (error) {
      if (!isBegun) this.runLater(call);
      throw error;
    }
  }

  private runLater(call: () => Promise<void>): void {
    const admit = () => {
      this.waiting.delete(waiting);
      call()
        .catch(() => undefined)
        .finally(() => this.leave());
    };
    const waiting = { admit, refuse: () => undefined };
    this.waiting.add(waiting);
  }

  private enter(): Promise<void> | undefined {
    if (this.places > 0) {
      this.places--;
      return undefined;
    }
    if (this.isStuck) throw timeout();
    return new Promise((resolve, reject) => {
      const end = (then: () => void) => () => {
        clearTimeout(timer);
        this.waiting.delete(waiting);
        then();
      };
      const waiting = {
        admit: end(resolve),
        refuse: end(() => reject(timeout())),
      };
      const timer = setTimeout(waiting.refuse, this.bounds.timeoutMs);
      this.waiting.add(waiting);
    });
  }

  private leave(): void {
    const [next] = this.waiting;
    if (next) next.admit();
    else this.places++;
  }

  private get isStuck(): boolean {
    return this.hanging >= this.bounds.concurrency;
  }

  private hang(): void {
    this.hanging++;
    if (this.isStuck) for (const { refuse } of this.waiting) refuse();
  }
}

const timeout = () =>
  new StorageTimeoutError("The file system does not answer.");
