import { LRUCache } from "lru-cache";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import type { Logger } from "../../../core/runtime/log";
import type { Predecessor } from "../../../core/runtime/metric-definitions";
import { storageProblemOf } from "../../../core/storage/storage-problem";
import type { ReplyLog, EpochFile, LogSnapshot } from "../log/reply-log";
import { emptyReply, replay, type ReplyText } from "../log/replay";
import { EpochWriter } from "./epoch-writer";
import { replyName } from "../../../core/storage/layout/active-reply-index";
import type { FinalReply, ReplyModels, ReplyRepository } from "../types";
import type { Offset } from "../log/offset";
import { ReplyWriter } from "./reply-writer";
import { unsavedNotice } from "./unsaved-notice";

export interface WritersParts {
  records: ReplyRepository;
  models: ReplyModels;
  logOf(this: void, ref: ReplyRef): ReplyLog;
  /** Where other backends reach this process, and what tells it from another one there. */
  address: string;
  process: string;
  /** Does what has to be done once a reply has ended, before anyone is told. Never rejects. */
  settle(this: void, ref: ReplyRef, ended: FinalReply): Promise<void>;
  /** Told of each reply that this process goes on with after another. */
  onTakenOver(this: void, after: Predecessor): void;
  log: Logger;
  leaseMs: number;
  flushMs: number;
  longest: number;
  now: () => number;
}

interface Unsaved {
  /** The number of the epoch with which somebody would go on. */
  next: number;
  notice: string;
}

/** Why a process makes an epoch. */
export type Purpose = "begin" | "go on" | "stop" | "retry";

/** The replies that this process writes, and how it comes to write them. */
export class WriterPool {
  private readonly writers = new Map<string, ReplyWriter>();
  private readonly claims = new Map<string, Promise<ReplyWriter | undefined>>();
  /** Replies that ended here: most of those who watch come for them in that moment. */
  private readonly ended = new LRUCache<string, LogSnapshot>({
    maxSize: ENDED_BYTES,
    sizeCalculation: ({ tail }) => tail.bytes,
  });
  /** Replies that nobody goes on with, as far as is known here, because they can't be saved. */
  private readonly unsaved = new LRUCache<string, Unsaved>({
    max: UNSAVED_REPLIES,
  });
  private isDraining = false;

  constructor(private readonly parts: WritersParts) {}

  get size(): number {
    return this.writers.size;
  }

  /** The writer of a reply that this process appends to. */
  of(ref: ReplyRef): ReplyWriter | undefined {
    const writer = this.writers.get(replyName(ref));
    return writer?.held.closedBy ? undefined : writer;
  }

  /**
   * What a reply's log says after a place, for those who also want what is not on disk yet.
   *
   * @returns `undefined` where only the files can tell.
   */
  readAhead(ref: ReplyRef, from: Offset): LogSnapshot | undefined {
    const ended = from.entry === 0 ? this.readEnded(ref) : undefined;
    return ended ?? this.of(ref)?.held.readAhead(from);
  }

  /** All of a reply that has ended here for good, and not long ago, without what its end repeats. */
  readEnded(ref: ReplyRef): LogSnapshot | undefined {
    const name = replyName(ref);
    return this.writers.get(name)?.held.ended ?? this.ended.get(name);
  }

  /**
   * What to tell of why a reply can't be saved.
   *
   * @param newest The number of the newest epoch that has begun; when that is of somebody who went
   *   on, it can be.
   */
  unsavedNotice(ref: ReplyRef, newest: number): string | undefined {
    const writer = this.of(ref);
    if (writer) return writer.unsaved;
    const unsaved = this.unsaved.get(replyName(ref));
    return unsaved && newest < unsaved.next ? unsaved.notice : undefined;
  }

  isBusyWith(ref: ReplyRef): boolean {
    return this.writers.has(replyName(ref)) || this.claims.has(replyName(ref));
  }

  /** @returns Whether this process had it, and has ended it. */
  async stop(ref: ReplyRef): Promise<boolean> {
    const writer = this.writers.get(replyName(ref));
    await writer?.stop();
    return writer?.held.closedBy === "ended";
  }

  /** From here on nothing is taken over, and what is begun is handed over at once. */
  leave(): void {
    this.isDraining = true;
  }

  /** Hands over all that is being written. */
  async handOver(): Promise<void> {
    await Promise.allSettled(this.claims.values());
    const writers = [...this.writers.values()];
    await Promise.all(writers.map((writer) => writer.handOver()));
  }

  /** @param last The entry that was found abandoned: if there is a newer one, it is not. */
  async takeOver(ref: ReplyRef, last: number): Promise<void> {
    if (this.isDraining || this.isBusyWith(ref)) return;
    try {
      await this.claim(ref, "go on", last);
    } catch (error) {
      if (storageProblemOf(error)) {
        const notice = unsavedNotice(error);
        this.unsaved.set(replyName(ref), { next: last + 1, notice });
      }
      throw error;
    }
  }

  /**
   * Makes the entry after number `last`, if nobody else does, and writes on from there.
   *
   * @returns The writer, also if this process has it already; `undefined` if it is another's.
   */
  claim(
    ref: ReplyRef,
    purpose: Purpose,
    last: number,
  ): Promise<ReplyWriter | undefined> {
    const name = replyName(ref);
    const known = this.of(ref);
    // The one that failed may still be about to leave, where others can read its end.
    const isPast = purpose === "retry" && known && known.held.number <= last;
    if (known && !isPast) return Promise.resolve(known);
    const claim =
      this.claims.get(name) ??
      this.makeEpoch(ref, purpose, last).finally(() =>
        this.claims.delete(name),
      );
    this.claims.set(name, claim);
    return claim;
  }

  private async makeEpoch(
    ref: ReplyRef,
    purpose: Purpose,
    last: number,
  ): Promise<ReplyWriter | undefined> {
    const log = this.parts.logOf(ref);
    const continues = purpose === "go on" && (await this.continues(ref));
    let said = emptyReply;
    let lost = false;
    let after: Predecessor = "silence";
    const entry = await log.open(last + 1, (before) => {
      const all = replay(before?.lines ?? []);
      if (continues || purpose === "stop") said = all;
      lost = purpose === "go on" && all.text !== said.text;
      after = before?.isHandedOver ? "handover" : "silence";
      const { address, process } = this.parts;
      return { holder: address, process, keep: said.text.length };
    });
    if (!entry) return undefined;
    if (purpose === "go on") this.parts.onTakenOver(after);
    const held = new EpochWriter(log, entry);
    if (lost) held.append({ notice: BEGUN_AGAIN });
    this.tell(ref, purpose, entry);
    return this.write(ref, held, said, purpose);
  }

  private write(
    ref: ReplyRef,
    held: EpochWriter,
    said: ReplyText,
    purpose: Purpose,
  ): ReplyWriter {
    const { records, models, log, now } = this.parts;
    const { leaseMs, flushMs, longest } = this.parts;
    const writer = new ReplyWriter(ref, held, said, {
      records,
      models,
      log,
      leaseMs,
      flushMs,
      longest,
      now,
      settle: (settled, ended) => this.parts.settle(settled, ended),
    });
    this.writers.set(replyName(ref), writer);
    void writer.finished().then(() => this.release(ref, writer));
    // Another process can go on at once; this one won't be there for long.
    if (this.isDraining) void writer.handOver();
    if (purpose === "stop") void writer.stop();
    return writer;
  }

  private release(ref: ReplyRef, writer: ReplyWriter): void {
    const name = replyName(ref);
    const { ended, closedBy, number } = writer.held;
    if (ended) this.ended.set(name, ended);
    const notice = writer.unsaved;
    if (notice !== undefined && closedBy === "superseded") {
      this.unsaved.set(name, { next: number + 1, notice });
    }
    if (this.writers.get(name) === writer) this.writers.delete(name);
  }

  /** Whether the model can go on from the middle of a reply. */
  private async continues(ref: ReplyRef): Promise<boolean> {
    const { records, models, log } = this.parts;
    try {
      const { model } = await records.promptFor(ref);
      const info = await models.find(model, AbortSignal.timeout(FIND_MS));
      return info?.continues ?? false;
    } catch (error) {
      log.warn({ error, reply: ref }, "the model of a reply can't be found");
      return false;
    }
  }

  private tell(ref: ReplyRef, purpose: Purpose, { number }: EpochFile): void {
    if (purpose === "begin") return;
    const level = purpose === "go on" ? "warn" : "info";
    this.parts.log[level]({ reply: ref, epoch: number, purpose }, "took over");
  }
}

/** Balances memory against reading files again: some thousands of replies. */
const ENDED_BYTES = 8 * 1024 * 1024;

/** More than one process writes at once; a reply beyond it is told of when it is looked at next. */
const UNSAVED_REPLIES = 10_000;

const FIND_MS = 2_000;
const BEGUN_AGAIN =
  "The server that was writing this reply has gone, so the reply was begun again.";
