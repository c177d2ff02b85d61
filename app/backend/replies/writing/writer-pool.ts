import { LRUCache } from "lru-cache";
import { replyName } from "../../../core/storage/layout/active-reply-index";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import { storageProblemOf } from "../../../core/storage/storage-problem";
import { type Offset } from "../log/offset";
import { emptyReply, replay, type ReplyText } from "../log/replay";
import type { EpochFile, LogSnapshot } from "../log/reply-log";
import type { ReplyPublisher } from "../outcome/publisher";
import type { ReplyContext } from "../reply-context";
import { EpochWriter } from "./epoch-writer";
import { ReplyWriter } from "./reply-writer";
import { saveFailureNotice, SaveFailures } from "./save-failures";

/**
 * The replies that this process writes. Each way to become a reply's writer creates the next entry
 * of its log; a method that finds the entry taken returns `undefined`.
 */
export class WriterPool {
  private readonly writers = new Map<string, ReplyWriter>();
  private readonly opening = new Map<
    string,
    Promise<ReplyWriter | undefined>
  >();
  /** Replies that ended here lately: most watchers ask for them in that moment. */
  private readonly finished = new LRUCache<string, LogSnapshot>({
    maxSize: FINISHED_BYTES,
    sizeCalculation: ({ tail }) => tail.bytes,
  });
  private readonly saveFailures = new SaveFailures();
  private isDraining = false;

  constructor(
    private readonly context: ReplyContext,
    private readonly publisher: ReplyPublisher,
  ) {}

  get size(): number {
    return this.writers.size;
  }

  /** The writer of a reply whose epoch this process owns. */
  writerOf(ref: ReplyRef): ReplyWriter | undefined {
    const writer = this.writers.get(replyName(ref));
    return writer?.epoch.closedBy ? undefined : writer;
  }

  /** Like `ReplyLog.read`, from memory and with uncommitted text; `undefined` if only files can tell. */
  readLive(ref: ReplyRef, from: Offset): LogSnapshot | undefined {
    const finished = from.entry === 0 ? this.readFinished(ref) : undefined;
    return finished ?? this.writerOf(ref)?.epoch.readLive(from);
  }

  /** A whole reply that ended here lately, without the records that its end repeats. */
  readFinished(ref: ReplyRef): LogSnapshot | undefined {
    const name = replyName(ref);
    return this.writers.get(name)?.epoch.finished ?? this.finished.get(name);
  }

  /** The notice for live readers if the reply cannot be saved, as far as this process knows. */
  saveNoticeOf(ref: ReplyRef, snapshot: LogSnapshot): string | undefined {
    const { currentHeader, currentEntry } = snapshot;
    if (currentHeader.kind === "end") return undefined;
    const writer = this.writerOf(ref);
    return writer
      ? writer.saveNotice
      : this.saveFailures.noticeOf(ref, currentEntry);
  }

  isBusyWith(ref: ReplyRef): boolean {
    const name = replyName(ref);
    return this.writers.has(name) || this.opening.has(name);
  }

  /** Creates a reply's first epoch. */
  start(ref: ReplyRef): Promise<ReplyWriter | undefined> {
    return this.acquire(ref, async () => {
      const file = await this.openEpoch(ref, 1, { keepsText: false });
      return file && this.write(ref, file, emptyReply);
    });
  }

  /** Creates an epoch after a failed end. */
  retry(ref: ReplyRef, failedEntry: number): Promise<ReplyWriter | undefined> {
    // The writer that failed may still be closing, when clients can already read its end.
    return this.acquire(
      ref,
      async () => {
        const file = await this.openEpoch(ref, failedEntry + 1, {
          keepsText: false,
        });
        return file && this.write(ref, file, emptyReply);
      },
      failedEntry,
    );
  }

  /** Continues a reply after another process, unless its log is newer than the caller saw. */
  async takeOver(ref: ReplyRef, abandonedEntry: number): Promise<void> {
    if (this.isDraining || this.isBusyWith(ref)) return;
    try {
      await this.acquire(ref, () => this.openTakeover(ref, abandonedEntry));
    } catch (error) {
      if (storageProblemOf(error)) {
        const notice = saveFailureNotice(error);
        this.saveFailures.add(ref, abandonedEntry + 1, notice);
      }
      throw error;
    }
  }

  /**
   * Stops a reply that this process writes.
   *
   * @returns False if it does not, or another process has taken over.
   */
  async stop(ref: ReplyRef): Promise<boolean> {
    const writer = this.writers.get(replyName(ref));
    await writer?.stop();
    return writer?.epoch.closedBy === "ended";
  }

  /** Stops a reply whose owner cannot be reached, by an epoch that keeps the text and ends at once. */
  async stopOrphan(ref: ReplyRef, latestEntry: number): Promise<void> {
    const writer = await this.acquire(ref, async () => {
      const file = await this.openEpoch(ref, latestEntry + 1, {
        keepsText: true,
      });
      const opened = file && this.write(ref, file, textBefore(file.before));
      // At once, before it asks the model.
      void opened?.stop();
      return opened;
    });
    await writer?.stop();
  }

  /** From now on replies are not taken over, and those that are started are handed over. */
  startDraining(): void {
    this.isDraining = true;
  }

  async handOverAll(): Promise<void> {
    await Promise.allSettled(this.opening.values());
    const writers = [...this.writers.values()];
    await Promise.all(writers.map((writer) => writer.handOver()));
  }

  /**
   * Runs one attempt at a time to become a reply's writer.
   *
   * @param failedEntry A writer of an epoch before it does not count any more.
   * @returns The writer, also if this process has one already.
   */
  private async acquire(
    ref: ReplyRef,
    open: () => Promise<ReplyWriter | undefined>,
    failedEntry = 0,
  ): Promise<ReplyWriter | undefined> {
    const name = replyName(ref);
    const current = this.writerOf(ref);
    if (current && current.epoch.number > failedEntry) return current;
    const opening =
      this.opening.get(name) ?? open().finally(() => this.opening.delete(name));
    this.opening.set(name, opening);
    return opening;
  }

  private openEpoch(
    ref: ReplyRef,
    number: number,
    { keepsText }: { keepsText: boolean },
  ): Promise<EpochFile | undefined> {
    const { address, process } = this.context;
    return this.context.logOf(ref).open(number, (before) => ({
      holder: address,
      process,
      keep: keepsText ? textBefore(before).text.length : 0,
    }));
  }

  private async openTakeover(
    ref: ReplyRef,
    abandonedEntry: number,
  ): Promise<ReplyWriter | undefined> {
    const { metrics, log } = this.context;
    const number = abandonedEntry + 1;
    const continues = await this.canContinue(ref);
    const file = await this.openEpoch(ref, number, { keepsText: continues });
    if (!file) return undefined;
    const reason = file.before?.isHandedOver ? "handover" : "silence";
    metrics.countTakeover(reason);
    log.warn({ reply: ref, epoch: number, reason }, "reply taken over");
    const before = textBefore(file.before);
    if (continues) return this.write(ref, file, before);
    const notice = before.text === "" ? undefined : RESTARTED;
    return this.write(ref, file, emptyReply, notice);
  }

  private write(
    ref: ReplyRef,
    file: EpochFile,
    before: ReplyText,
    notice?: string,
  ): ReplyWriter {
    const { context, publisher } = this;
    const epoch = new EpochWriter(context.logOf(ref), file);
    if (notice !== undefined) epoch.append({ notice });
    const writer = new ReplyWriter(context, publisher, ref, epoch, before);
    this.writers.set(replyName(ref), writer);
    this.context.metrics.setInProgress(this.size);
    void writer.finished.then(() => this.release(writer));
    // Another process can take over at once; this one exits soon.
    if (this.isDraining) void writer.handOver();
    return writer;
  }

  private release(writer: ReplyWriter): void {
    const { ref, epoch, saveNotice } = writer;
    const name = replyName(ref);
    const { finished, closedBy, number } = epoch;
    if (finished) this.finished.set(name, finished);
    if (saveNotice !== undefined && closedBy === "superseded") {
      this.saveFailures.add(ref, number + 1, saveNotice);
    }
    if (this.writers.get(name) === writer) this.writers.delete(name);
    this.context.metrics.setInProgress(this.size);
  }

  /** True if the model can continue from the middle of a reply. */
  private async canContinue(ref: ReplyRef): Promise<boolean> {
    const { repository, models, log } = this.context;
    try {
      const { model } = await repository.promptFor(ref);
      const info = await models.find(model, AbortSignal.timeout(FIND_MS));
      return info?.continues ?? false;
    } catch (error) {
      log.warn({ error, reply: ref }, "failed to find the model of a reply");
      return false;
    }
  }
}

const textBefore = (before: LogSnapshot | undefined): ReplyText =>
  replay(before?.records ?? []);

/** Balances memory against reading files again: some thousands of replies. */
const FINISHED_BYTES = 8 * 1024 * 1024;

const FIND_MS = 2_000;
const RESTARTED =
  "The server that was writing this reply stopped, so the reply was restarted.";
