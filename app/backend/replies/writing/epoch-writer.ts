import { Condition } from "../../../core/runtime/async";
import type { OpenFile } from "../../../core/storage/file-system";
import { compareOffsets, type Offset } from "../log/offset";
import {
  encodeLine,
  handover,
  isFinalEnd,
  type EndHeader,
  type EpochHeader,
  type Header,
  type Line,
  type LogRecord,
} from "../log/records";
import { withoutTexts } from "../log/replay";
import type { LogSnapshot, ReplyLog } from "../log/reply-log";

/**
 * The open epoch of one reply. Keeps its records in memory, so that any number of watchers can
 * follow it, each at its own pace: a slow watcher costs its offset and no more.
 */
export class EpochWriter {
  readonly number: number;
  private readonly file: OpenFile;
  private readonly header: EpochHeader;
  private readonly records: LogRecord[];
  /** Count of committed records. */
  private committed = 1;
  private pending: Buffer[] = [];
  private flushedBytes: number;
  private length: number;
  private flushing: Promise<void> | undefined;
  private readonly changed = new Condition();
  private isWaking = false;
  private closeReason: "superseded" | "handed-over" | "ended" | undefined;
  private isEnding = false;
  private end: LogRecord<EndHeader> | undefined;

  constructor(
    private readonly log: ReplyLog,
    { file, header }: { file: OpenFile; header: LogRecord<EpochHeader> },
  ) {
    this.file = file;
    this.header = header.line;
    this.number = header.line.epoch;
    this.length = this.flushedBytes = header.offset.bytes;
    this.records = [header];
  }

  /** The reason why this process no longer appends; `undefined` while it does. */
  get closedBy() {
    return this.closeReason;
  }

  /** True while the end may already be on disk, where other processes can read it. */
  get isSealing(): boolean {
    return this.isEnding;
  }

  /** Bytes that are appended but not flushed. */
  get pendingBytes(): number {
    return this.pending.reduce((sum, { length }) => sum + length, 0);
  }

  /** After the last record. */
  get tail(): Offset {
    return { entry: this.number, bytes: this.length };
  }

  /** Appends a line in memory. Live readers get it now, the others after {@link flush}. */
  append(line: Line): void {
    if (this.closeReason || this.isEnding) return;
    const data = encodeLine(line);
    this.pending.push(data);
    this.length += data.length;
    this.records.push({ line, offset: this.tail });
    this.wake();
  }

  /**
   * Commits the appended lines, and closes the epoch if another process has taken over. Concurrent
   * calls wait for each other.
   *
   * @throws The file system's error. The lines are kept for the next flush.
   */
  async flush(): Promise<void> {
    while (this.flushing) await this.flushing.catch(() => undefined);
    if (this.closeReason || this.isEnding || this.pending.length === 0) return;
    this.flushing = this.appendPending();
    try {
      await this.flushing;
    } finally {
      this.flushing = undefined;
    }
  }

  /**
   * Creates the end entry. Readers get it after {@link close}, so that the caller can publish the
   * message first.
   *
   * @returns The entry; `undefined` if another process has taken over.
   * @throws The file system's error. Then it can be called again.
   */
  async seal(
    end: Line & { outcome: string },
  ): Promise<LogRecord<EndHeader> | undefined> {
    while (this.flushing) await this.flushing.catch(() => undefined);
    if (this.closeReason) return undefined;
    this.isEnding = true;
    try {
      const rest = Buffer.concat(this.pending);
      this.end = await this.log.seal(this.file, this.flushed, rest, end);
      return this.end;
    } catch (error) {
      this.isEnding = false;
      throw error;
    }
  }

  /** Stops appending, and ends what readers follow: with the end, if it is sealed. */
  async close(
    reason: "superseded" | "handed-over" = "superseded",
  ): Promise<void> {
    if (this.closeReason) return;
    if (this.end) {
      this.records.push(this.end);
      this.committed = this.records.length;
    }
    this.closeReason = this.end ? "ended" : reason;
    this.isEnding = false;
    this.wake();
    // Whatever counts has been flushed.
    await this.file.close().catch(() => undefined);
  }

  /** Asks other processes to take over. */
  async handOver(): Promise<void> {
    this.append(handover);
    await this.flush();
    await this.close("handed-over");
  }

  /**
   * The records after an offset, committed or not.
   *
   * @returns `undefined` if only the files can tell: the epoch is closed, or the offset is in
   *   another one.
   */
  readLive(from: Offset): LogSnapshot | undefined {
    const isFirst = this.number === 1 && from.entry === 0;
    const isHere =
      isFirst ||
      this.records.some(({ offset }) => !compareOffsets(offset, from));
    if (this.closeReason || !isHere) return undefined;
    const records = this.records.slice(this.indexAfter(from));
    return toSnapshot(this.header, records, this.tail);
  }

  /** The whole log without what its end repeats; `undefined` unless the end is final. */
  get finalSnapshot(): LogSnapshot | undefined {
    const { end } = this;
    if (!end || !this.closeReason || !isFinalEnd(end.line)) return undefined;
    return toSnapshot(end.line, withoutTexts(this.records), end.offset);
  }

  /** Like {@link followCommitted}, with the records that are not committed yet. */
  followLive(from: Offset, signal: AbortSignal) {
    return this.follow(
      from,
      () => (this.closeReason ? this.committed : this.records.length),
      signal,
    );
  }

  /**
   * The committed records after an offset, in batches as they come, until this process closes the
   * epoch or the signal aborts.
   */
  followCommitted(from: Offset, signal: AbortSignal) {
    return this.follow(from, () => this.committed, signal);
  }

  private async *follow(
    from: Offset,
    end: () => number,
    signal: AbortSignal,
  ): AsyncGenerator<LogRecord[], void> {
    let next = this.indexAfter(from);
    for (;;) {
      while (next < end()) {
        const batch = this.records.slice(
          next,
          Math.min(end(), next + BATCH_RECORDS),
        );
        next += batch.length;
        yield batch;
      }
      if (this.closeReason ?? signal.aborted) return;
      await this.changed.wait(signal);
    }
  }

  /** After the last record that is flushed. */
  private get flushed(): Offset {
    return { entry: this.number, bytes: this.flushedBytes };
  }

  private indexAfter(from: Offset): number {
    const index = this.records.findIndex(
      ({ offset }) => compareOffsets(offset, from) > 0,
    );
    return index === -1 ? this.records.length : index;
  }

  private async appendPending(): Promise<void> {
    const { pending } = this;
    const data = Buffer.concat(pending);
    const count = this.records.length;
    this.pending = [];
    let isCommitted: boolean;
    try {
      isCommitted = await this.log.append(this.file, this.flushed, data);
    } catch (error) {
      this.pending = [...pending, ...this.pending];
      throw error;
    }
    this.flushedBytes += data.length;
    if (!isCommitted) return this.close();
    this.committed = count;
    this.wake();
  }

  /** Wakes followers once for everything that is appended in one turn of the event loop. */
  private wake(): void {
    if (this.isWaking) return;
    this.isWaking = true;
    setImmediate(() => {
      this.isWaking = false;
      this.changed.notifyAll();
    });
  }
}

const toSnapshot = (
  currentHeader: Header,
  records: LogRecord[],
  tail: Offset,
): LogSnapshot => ({
  records,
  tail,
  currentHeader,
  currentEntry: tail.entry,
  latestEntry: tail.entry,
  isHandedOver: false,
});

/** Balances a slow watcher's memory for one batch against the cost of each batch. */
export const BATCH_RECORDS = 1_024;
