import type { ReplyLog, EpochFile, LogSnapshot } from "../log/reply-log";
import { withoutTexts } from "../log/replay";
import {
  EndHeader,
  encodeLine,
  handover,
  type Header,
  type Line,
  type LogRecord,
} from "../log/records";
import { compareOffsets, type Offset } from "../log/offset";

/** Why a process no longer appends to an entry. */
export type CloseReason = "superseded" | "handed-over" | "ended";

/**
 * An entry that this process appends to, with all its lines in memory, so that any number of
 * watchers can follow it, each at its own pace: a slow one costs its place and nothing more.
 */
export class EpochWriter {
  readonly number: number;
  private readonly lines: LogRecord[];
  /** How many of the lines stand for ever. */
  private committed = 1;
  private pending: Buffer[] = [];
  private length: number;
  private flushing: Promise<void> | undefined;
  private changed = deferred();
  private isWaking = false;
  private hasLeft: CloseReason | undefined;
  private isEnding = false;

  constructor(
    private readonly log: ReplyLog,
    private readonly entry: EpochFile,
  ) {
    this.number = entry.number;
    this.length = entry.length;
    const at = { entry: entry.number, bytes: entry.length };
    this.lines = [{ line: entry.header, at }];
  }

  get closedBy(): CloseReason | undefined {
    return this.hasLeft;
  }

  /** Whether the end may be on disk already, where others can have read it. */
  get isBeingEnded(): boolean {
    return this.isEnding;
  }

  /** Bytes that were said and are not on disk yet. */
  get pendingBytes(): number {
    return this.pending.reduce((sum, { length }) => sum + length, 0);
  }

  /** After the last line. */
  get tail(): Offset {
    return { entry: this.number, bytes: this.length };
  }

  /** Says a line: at once to those who watch ahead, to the others when it stands. */
  append(line: Line): void {
    if (this.hasLeft || this.isEnding) return;
    const data = encodeLine(line);
    this.pending.push(data);
    this.length += data.length;
    this.lines.push({ line, at: this.tail });
    this.wake();
  }

  /**
   * Puts on disk what was said, and finds out whether somebody has taken over. Calls that overlap
   * wait for each other.
   *
   * @throws The file system's error. What was said is kept, and goes with the next flush.
   */
  async flush(): Promise<void> {
    while (this.flushing) await this.flushing.catch(() => undefined);
    if (this.hasLeft || this.isEnding || this.pending.length === 0) return;
    this.flushing = this.appendPending();
    try {
      await this.flushing;
    } finally {
      this.flushing = undefined;
    }
  }

  /**
   * Ends the log.
   *
   * @param beforeTold What has to be done before watchers are told of the end; never rejects.
   * @returns Whether it did; `false` if somebody has taken over.
   * @throws The file system's error. Then it can be tried again.
   */
  async end(
    said: Line & { outcome: string },
    beforeTold: () => Promise<void> = () => Promise.resolve(),
  ): Promise<boolean> {
    while (this.flushing) await this.flushing.catch(() => undefined);
    if (this.hasLeft) return false;
    this.isEnding = true;
    try {
      const rest = Buffer.concat(this.pending);
      const end = await this.log.end(this.entry, rest, said);
      if (end) await beforeTold();
      if (end) this.lines.push(end);
      if (end) this.committed = this.lines.length;
      await this.close(end ? "ended" : "superseded");
      return end !== undefined;
    } finally {
      this.isEnding = false;
    }
  }

  /** Asks others to go on, and appends no more. */
  async handOver(): Promise<void> {
    this.append(handover);
    await this.flush();
    await this.close("handed-over");
  }

  /** Appends no more: others find out when the lease is over. */
  async abandon(): Promise<void> {
    await this.close("superseded");
  }

  /**
   * What the log says after a place, as far as this process has said it, on disk or not.
   *
   * @returns `undefined` where the files must be asked: when this process has left the entry, and
   *   for places that are not in it.
   */
  readAhead(from: Offset): LogSnapshot | undefined {
    const isFirst = this.number === 1 && from.entry === 0;
    const isHere =
      isFirst || this.lines.some(({ at }) => !compareOffsets(at, from));
    if (this.hasLeft || !isHere) return undefined;
    const after = this.lines.filter(({ at }) => compareOffsets(at, from) > 0);
    const { number, entry, tail } = this;
    return toReading(number, entry.header, after, tail);
  }

  /**
   * The reply as it ended, in as few lines as say it all.
   *
   * @returns `undefined` if it has not, or may yet be tried again.
   */
  get ended(): LogSnapshot | undefined {
    const end = this.lines.at(-1);
    if (this.hasLeft !== "ended" || !end) return undefined;
    const { data: header } = EndHeader.safeParse(end.line);
    if (!header || header.outcome === "failed") return undefined;
    const lines = withoutTexts(this.lines);
    return toReading(end.at.entry, header, lines, end.at);
  }

  /**
   * The lines after a place in this entry, until the process leaves it: each time all that there
   * are by then, or {@link BATCH_LINES} of them. Ends early when aborted.
   *
   * @param ahead Whether lines are wanted before they stand for ever.
   */
  async *follow(
    from: Offset,
    ahead: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<LogRecord[], void> {
    let next = this.lines.findIndex(({ at }) => compareOffsets(at, from) > 0);
    if (next === -1) next = this.lines.length;
    for (;;) {
      const changed = this.changed.promise;
      const left = this.hasLeft;
      const end = ahead && !left ? this.lines.length : this.committed;
      while (next < end) {
        const batch = this.lines.slice(next, Math.min(end, next + BATCH_LINES));
        next += batch.length;
        yield batch;
      }
      if (left ?? signal.aborted) return;
      if (this.hasLeft || next < (ahead ? this.lines.length : this.committed)) {
        continue;
      }
      await untilAborted(changed, signal);
    }
  }

  private async appendPending(): Promise<void> {
    const { pending } = this;
    const count = this.lines.length;
    this.pending = [];
    let stands: boolean;
    try {
      stands = await this.log.append(this.entry, Buffer.concat(pending));
    } catch (error) {
      this.pending = [...pending, ...this.pending];
      throw error;
    }
    if (!stands) return this.close("superseded");
    this.committed = count;
    this.wake();
  }

  private async close(left: CloseReason): Promise<void> {
    if (this.hasLeft) return;
    this.leave(left);
    await this.entry.file.close();
  }

  private leave(left: CloseReason): void {
    this.hasLeft = left;
    this.wake();
  }

  /** Those who watch are woken once for all that is said in one go. */
  private wake(): void {
    if (this.isWaking) return;
    this.isWaking = true;
    setImmediate(() => {
      this.isWaking = false;
      const { resolve } = this.changed;
      this.changed = deferred();
      resolve();
    });
  }
}

const toReading = (
  number: number,
  newest: Header,
  lines: LogRecord[],
  tail: Offset,
): LogSnapshot => ({
  lines,
  tail,
  currentHeader: newest,
  currentEpoch: number,
  latestEntry: number,
  isHandedOver: false,
  isFinal: true,
});

/** Balances what a slow watcher's next piece takes in memory against the cost of each piece. */
export const BATCH_LINES = 1_024;

interface Deferred {
  promise: Promise<void>;
  resolve: () => void;
}

const nothing = () => undefined;

function deferred(): Deferred {
  let resolve: () => void = nothing;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** Resolves when the promise does, or the signal aborts, and leaves no listener behind. */
async function untilAborted(
  promise: Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const aborted = deferred();
  signal.addEventListener("abort", aborted.resolve, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", aborted.resolve);
  }
}
