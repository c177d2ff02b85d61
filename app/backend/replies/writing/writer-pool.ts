import { sentence } from "../../../core/texts/catalogue";
import { english } from "../../../core/texts/locale";
import { LRUCache } from "lru-cache";
import { VisibleError } from "../../../core/domain/errors";
import { errorCode } from "../../../core/runtime/errors";
import { replyName } from "../../../core/storage/layout/active-reply-index";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import { storageProblemOf } from "../../../core/storage/storage-problem";
import { type Offset } from "../log/offset";
import { replay } from "../log/replay";
import type { LogSnapshot } from "../log/reply-log";
import { publish } from "../outcome/publish";
import type { ReplyContext } from "../reply-context";
import { EarlyRequest } from "./early-request";
import { EpochWriter } from "./epoch-writer";
import { ReplyWriter } from "./reply-writer";
import { saveNotice } from "./save-notice";

/**
 * The replies that this process writes, and how many they may be. Each way to become a reply's
 * writer creates the next entry of its log; a method that finds the entry taken returns `undefined`.
 */
export class WriterPool {
  private readonly writers = new Map<string, ReplyWriter>();
  private readonly opening = new Map<
    string,
    Promise<ReplyWriter | undefined>
  >();
  /** Visitors with a reserved slot whose reply has not started. */
  private readonly reserved = new Set<string>();
  /** Replies that ended here lately: most watchers ask for them in that moment. */
  private readonly ended = new LRUCache<string, LogSnapshot>({
    maxSize: ENDED_BYTES,
    sizeCalculation: ({ tail }) => tail.bytes,
  });
  /**
   * Notices of replies that could not be saved here, until another epoch shows that writing has
   * resumed. In memory only: why a reply cannot be saved cannot itself be saved.
   */
  private readonly unsaved = new LRUCache<
    string,
    { lastEpoch: number; notice: string }
  >({ max: MAX_UNSAVED });
  private isDraining = false;

  constructor(private readonly context: ReplyContext) {}

  /** See `ReplyService.reserveSlot`. */
  async reserveSlot(ownerHash: string): Promise<void> {
    const { perOwner, perProcess, index } = this.context;
    this.reserved.delete(ownerHash);
    if (this.count + this.reserved.size >= perProcess) {
      throw new VisibleError(503, sentence("problem.tooManyReplies"));
    }
    this.reserved.add(ownerHash);
    if ((await index.countOf(ownerHash)) >= perOwner) {
      throw new VisibleError(
        429,
        sentence("problem.yourReplies", { limit: perOwner }),
      );
    }
  }

  /** The replies that are written here, or about to be. */
  private get count(): number {
    const names = [...this.opening.keys()];
    return (
      this.writers.size + names.filter((name) => !this.writers.has(name)).length
    );
  }

  /** Frees the slot: the reply has started, so that it is counted itself, or it could not start. */
  releaseSlot(ownerHash: string): void {
    this.reserved.delete(ownerHash);
  }

  /** The writer of a reply whose newest epoch is open here. */
  writerOf(ref: ReplyRef): ReplyWriter | undefined {
    const writer = this.writers.get(replyName(ref));
    return writer?.epoch.closedBy ? undefined : writer;
  }

  /** Like `ReplyLog.read`, from memory and with uncommitted text; `undefined` if only files can tell. */
  readLive(ref: ReplyRef, from: Offset): LogSnapshot | undefined {
    const ended = from.entry === 0 ? this.readEnded(ref) : undefined;
    return ended ?? this.writerOf(ref)?.epoch.readLive(from);
  }

  /** A whole reply that ended here lately, without the records that its end repeats. */
  readEnded(ref: ReplyRef): LogSnapshot | undefined {
    const name = replyName(ref);
    return this.writers.get(name)?.epoch.finalSnapshot ?? this.ended.get(name);
  }

  /** The notice for live readers if the reply cannot be saved, as far as this process knows. */
  saveNoticeOf(ref: ReplyRef, snapshot: LogSnapshot): string | undefined {
    const { currentHeader, currentEntry } = snapshot;
    if (currentHeader.kind === "end") return undefined;
    const writer = this.writerOf(ref);
    if (writer) return writer.saveNotice;
    const unsaved = this.unsaved.get(replyName(ref));
    return unsaved && currentEntry <= unsaved.lastEpoch
      ? unsaved.notice
      : undefined;
  }

  /** True while this process creates an epoch of the reply. */
  isOpening(ref: ReplyRef): boolean {
    return this.opening.has(replyName(ref));
  }

  isBusyWith(ref: ReplyRef): boolean {
    return this.writers.has(replyName(ref)) || this.isOpening(ref);
  }

  /** Adds a reply to the active index and creates its first epoch. Idempotent. */
  readonly begin = async (ref: ReplyRef): Promise<void> => {
    await this.context.index.add(ref);
    await this.start(ref);
  };

  /**
   * Adds a reply to the active index, and creates its first epoch in the background. If that fails, or the
   * process dies, a monitor begins the reply. A process that drains may exit soon: it waits until it has
   * handed the reply over. Idempotent.
   */
  async beginSoon(ref: ReplyRef): Promise<void> {
    const { index, logger } = this.context;
    await index.add(ref);
    const begun = this.start(ref).catch((error: unknown) => {
      logger.error(
        { error, reply: ref },
        "failed to begin reply; a monitor begins it after a lease",
      );
      return undefined;
    });
    if (this.isDraining) await (await begun)?.handOver();
  }

  /** Resolves when no epoch of a reply is being created here. */
  async settled(ref: ReplyRef): Promise<void> {
    await this.opening.get(replyName(ref))?.catch(() => undefined);
  }

  /** Creates a reply's first epoch. */
  private start(ref: ReplyRef): Promise<ReplyWriter | undefined> {
    return this.acquire(ref, () => this.openFirst(ref));
  }

  /** Creates an epoch after a failed end. */
  retry(ref: ReplyRef, failedEntry: number): Promise<ReplyWriter | undefined> {
    // The writer that failed may still be closing, when clients can already read its end.
    return this.acquire(
      ref,
      () => this.open(ref, failedEntry + 1, { keepsText: false }),
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
        this.markUnsaved(ref, abandonedEntry, saveNotice(error));
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
    await this.settled(ref);
    const writer = this.writers.get(replyName(ref));
    await writer?.stop();
    return writer?.epoch.closedBy === "ended";
  }

  /** Stops a reply whose writer cannot be reached, by an epoch that keeps the text and ends at once. */
  async stopOrphan(ref: ReplyRef, latestEntry: number): Promise<void> {
    const writer = await this.acquire(ref, () =>
      this.open(ref, latestEntry + 1, {
        keepsText: true,
        // At once, before it asks the model.
        onOpen: (opened) => void opened.stop(),
      }),
    );
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

  /** Creates the first epoch, and asks the model while it is flushed. */
  private async openFirst(ref: ReplyRef): Promise<ReplyWriter | undefined> {
    let early: EarlyRequest | undefined;
    let writer: ReplyWriter | undefined;
    try {
      writer = await this.open(ref, 1, {
        keepsText: false,
        askEarly: () => (early = new EarlyRequest(this.context, ref)),
      });
      return writer;
    } finally {
      if (!writer) early?.cancel();
    }
  }

  /** Creates an epoch and starts to write it. */
  private async open(
    ref: ReplyRef,
    number: number,
    {
      keepsText,
      askEarly,
      onOpen,
    }: {
      keepsText: boolean;
      /** Runs once the epoch is this process's, unless it is to be handed over. */
      askEarly?: () => EarlyRequest;
      /** Runs before the writer asks the model. */
      onOpen?: (writer: ReplyWriter, before: LogSnapshot | undefined) => void;
    },
  ): Promise<ReplyWriter | undefined> {
    const { address, process, metrics } = this.context;
    const log = this.context.logOf(ref);
    const kept = (before: LogSnapshot | undefined) =>
      keepsText ? (before?.records ?? []) : [];
    let early: EarlyRequest | undefined;
    const opened = await log
      .open(
        number,
        (before) => ({
          holder: address,
          process,
          keep: replay(kept(before)).text.length,
        }),
        () => {
          if (!this.isDraining) early = askEarly?.();
        },
      )
      .catch((error: unknown) => this.forgetErased(ref, number, error));
    if (!opened) return undefined;
    const { before } = opened;
    const epoch = new EpochWriter(log, opened);
    const writer = new ReplyWriter(
      this.context,
      ref,
      epoch,
      kept(before),
      (final, end) => publish(this.context, this.begin, ref, final, end),
      early,
    );
    this.writers.set(replyName(ref), writer);
    metrics.setInProgress(this.writers.size);
    void writer.done.then(() => this.release(writer));
    onOpen?.(writer, before);
    // Another process can take over at once; this one exits soon.
    if (this.isDraining) void writer.handOver();
    return writer;
  }

  /** Without the folder of its conversation, a reply was erased. @throws Any other error. */
  private async forgetErased(
    ref: ReplyRef,
    number: number,
    error: unknown,
  ): Promise<undefined> {
    if (number !== 1 || errorCode(error) !== "ENOENT") throw error;
    await this.context.index.remove(ref);
  }

  private async openTakeover(
    ref: ReplyRef,
    abandonedEntry: number,
  ): Promise<ReplyWriter | undefined> {
    const { metrics, logger } = this.context;
    const number = abandonedEntry + 1;
    const keepsText = await this.canContinue(ref);
    return this.open(ref, number, {
      keepsText,
      onOpen: ({ epoch }, before) => {
        const reason = before?.isHandedOver ? "handover" : "silence";
        metrics.countTakeover(reason);
        logger.warn({ reply: ref, epoch: number, reason }, "reply taken over");
        const dropped = keepsText ? "" : replay(before?.records ?? []).text;
        if (dropped !== "") epoch.append({ notice: RESTARTED });
      },
    });
  }

  private release(writer: ReplyWriter): void {
    const { ref, epoch } = writer;
    const name = replyName(ref);
    const { finalSnapshot, closedBy, number } = epoch;
    if (finalSnapshot) this.ended.set(name, finalSnapshot);
    if (writer.saveNotice !== undefined && closedBy === "superseded") {
      this.markUnsaved(ref, number, writer.saveNotice);
    }
    if (this.writers.get(name) === writer) this.writers.delete(name);
    this.context.metrics.setInProgress(this.writers.size);
  }

  private markUnsaved(ref: ReplyRef, lastEpoch: number, notice: string): void {
    this.unsaved.set(replyName(ref), { lastEpoch, notice });
  }

  /** True if the model can continue from the middle of a reply. */
  private async canContinue(ref: ReplyRef): Promise<boolean> {
    const { repository, models, logger } = this.context;
    try {
      const { model } = await repository.promptFor(ref);
      return (await models.find(model))?.continues ?? false;
    } catch (error) {
      logger.warn({ error, reply: ref }, "failed to find the model of a reply");
      return false;
    }
  }
}

/** Balances memory against reading files again: some thousands of replies. */
const ENDED_BYTES = 8 * 1024 * 1024;

/** More than one process writes at once. */
const MAX_UNSAVED = 10_000;

const RESTARTED = english.t("reason.restarted");
