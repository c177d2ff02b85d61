import type { JsonObject } from "../../core/storage/json";
import type { ReplyRef } from "../../core/storage/layout/record-folders";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import type { ReplyEvent } from "../../core/domain/records";
import { ReplySupervisor } from "./failover/reply-supervisor";
import { formatOffset, logStart, parseOffset } from "./log/offset";
import { nextPromptIn, type Header } from "./log/records";
import { replay, toEvent, toFinalReply } from "./log/replay";
import { currentEnd, type LogSnapshot } from "./log/reply-log";
import { FailureResolution } from "./outcome/failure-resolution";
import { ReplyPublisher } from "./outcome/publisher";
import {
  createCommittedReader,
  createLiveReader,
  type ReplyReader,
} from "./reading/reply-reader";
import {
  createReplyContext,
  type ReplyContext,
  type ReplyServiceOptions,
} from "./reply-context";
import type { FinalReply } from "./types";
import type { EpochWriter } from "./writing/epoch-writer";
import { PeerGoneError } from "./writing/peer-client";
import { ReplySlots } from "./writing/reply-slots";
import { WriterPool } from "./writing/writer-pool";

export interface ReplySnapshot {
  status: "writing" | "complete" | "stopped" | "failed";
  text: string;
  /** Offset after the text, in the reply's stream. */
  offset: string;
  /** Number of the newest epoch, or of the end after it. */
  epoch?: number;
  final?: FinalReply;
  /** The prompt that the conversation continued with after a failure. */
  nextPrompt?: JsonObject;
}

/** Each attempt but the first means that another process has taken over meanwhile. */
const STOP_ATTEMPTS = 5;

/** The replies of this process, and through the files and its peers those of all others. */
export class ReplyService {
  /** Tells this process from another one at the same address. */
  readonly process: string;
  readonly committed: ReplyReader;
  readonly live: ReplyReader;
  private readonly context: ReplyContext;
  private readonly pool: WriterPool;
  private readonly supervisor: ReplySupervisor;
  private readonly slots: ReplySlots;
  private readonly failures: FailureResolution;

  constructor(options: ReplyServiceOptions) {
    const context = createReplyContext(options);
    const publisher = new ReplyPublisher(context);
    const pool = new WriterPool(context, publisher);
    const supervisor = new ReplySupervisor(context, pool, publisher);
    const slots = new ReplySlots(context, pool);
    const deps = { context, pool, publisher, supervisor };
    this.process = context.process;
    this.committed = createCommittedReader(deps);
    this.live = createLiveReader(deps);
    this.context = context;
    this.pool = pool;
    this.supervisor = supervisor;
    this.slots = slots;
    this.failures = new FailureResolution(context, pool, slots);
  }

  /** Starts to take over replies whose writers died. */
  startSupervision(): void {
    this.supervisor.start();
  }

  /** Hands over the replies that are written here, and ends supervision. */
  async drain(): Promise<void> {
    this.pool.startDraining();
    await this.supervisor.stop();
    await this.pool.handOverAll();
  }

  /**
   * Reserves a slot for one more reply, before its prompt is saved. At most one per owner at a time.
   *
   * @throws VisibleError (429) if the owner has too many unfinished replies; (503) if this process
   *   writes too many.
   */
  reserveSlot(ownerHash: string): Promise<void> {
    return this.slots.reserve(ownerHash);
  }

  /** Frees the owner's slot if its reply has not started. */
  releaseSlot(ownerHash: string): void {
    this.slots.release(ownerHash);
  }

  /** Creates the reply's first epoch and writes in the background. Idempotent. */
  async start(ref: ReplyRef): Promise<void> {
    await this.context.index.add(ref);
    await this.pool.start(ref);
    this.slots.release(ref.ownerHash);
  }

  /**
   * Starts a failed reply again; one that is being written is left alone.
   *
   * @throws VisibleError (409) if it has not failed; ConversationMovedOnError.
   */
  retry(ref: ReplyRef): Promise<void> {
    return this.failures.retry(ref);
  }

  /**
   * Decides that the conversation continues after a failed reply, which then can't be retried. Of
   * all concurrent retries and new prompts, exactly one wins.
   *
   * @param prompt To be saved next, by the caller or by any process that finds it in the snapshot.
   * @returns The prompt that won; `undefined` if the reply has not failed, or is being retried.
   * @throws NotFoundError
   */
  continueWith(
    ref: ReplyRef,
    prompt: JsonObject,
  ): Promise<JsonObject | undefined> {
    return this.failures.continueWith(ref, prompt);
  }

  /**
   * Ends a reply, whichever process writes it. One that has ended is left alone.
   *
   * @throws NotFoundError; VisibleError (503) if it could not be ended now.
   */
  async stop(ref: ReplyRef): Promise<void> {
    for (let attempt = 0; attempt < STOP_ATTEMPTS; attempt++) {
      if (await this.stopOwned(ref)) return;
      const snapshot = await this.readOrThrow(ref);
      if (currentEnd(snapshot)) return;
      if (await this.stopAtPeer(ref, snapshot.currentHeader)) continue;
      await this.pool.stopOrphan(ref, snapshot.latestEntry);
    }
    if (!currentEnd(await this.readOrThrow(ref))) throw notStopped();
  }

  /** @returns False if this process does not write the reply. */
  stopOwned(ref: ReplyRef): Promise<boolean> {
    return this.pool.stop(ref);
  }

  isWriting(ref: ReplyRef): boolean {
    return this.ownedEpoch(ref) !== undefined;
  }

  /** The open epoch of a reply that this process writes. */
  ownedEpoch(ref: ReplyRef): EpochWriter | undefined {
    return this.pool.writerOf(ref)?.epoch;
  }

  /** @returns `undefined` if there is no such reply. */
  async snapshot(ref: ReplyRef): Promise<ReplySnapshot | undefined> {
    const writer = this.pool.writerOf(ref);
    if (writer && !writer.epoch.isSealing) {
      const { text, epoch } = writer;
      const offset = formatOffset(epoch.tail);
      return { status: "writing", text, offset, epoch: epoch.number };
    }
    const snapshot = this.pool.readFinished(ref) ?? (await this.read(ref));
    if (!snapshot) return undefined;
    const { text } = replay(snapshot.records);
    const offset = formatOffset(snapshot.tail);
    const epoch = snapshot.currentEntry;
    const end = currentEnd(snapshot);
    if (end) {
      const final = toFinalReply(end);
      const nextPrompt = nextPromptIn(end);
      return { status: final.outcome, text, offset, epoch, final, nextPrompt };
    }
    // The index entry is not flushed and may have been lost in a power cut.
    await this.context.index.add(ref);
    return { status: "writing", text, offset, epoch };
  }

  /**
   * The reply's events after an offset, live; ends after the `end` event or an abort. Without an
   * offset it starts at the beginning.
   *
   * Text can come before it is committed. If its writer dies then, the next epoch's `keep` tells
   * what to drop: a client that applies the events in order ends with exactly the final text.
   *
   * @throws NotFoundError; VisibleError (400) for a wrong offset.
   */
  async *watch(
    ref: ReplyRef,
    offset: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<{ event: ReplyEvent; offset: string }, void> {
    const from = offset === undefined ? logStart : parseOffset(offset);
    const snapshot = await this.live.read(ref, from);
    if (snapshot?.records.length === 0 && currentEnd(snapshot)) return;
    for await (const records of this.live.follow(ref, from, signal)) {
      for (const record of records) {
        const event = toEvent(record.line);
        if (event) yield { event, offset: formatOffset(record.offset) };
        if (record.isLast) return;
      }
    }
  }

  /** The notice for live readers if the reply cannot be saved, as far as this process knows. */
  saveNoticeOf(ref: ReplyRef, snapshot: LogSnapshot): string | undefined {
    return this.pool.saveNoticeOf(ref, snapshot);
  }

  private read(ref: ReplyRef): Promise<LogSnapshot | undefined> {
    return this.context.logOf(ref).read();
  }

  private async readOrThrow(ref: ReplyRef): Promise<LogSnapshot> {
    const snapshot = await this.read(ref);
    if (!snapshot) throw new NotFoundError("reply");
    return snapshot;
  }

  /** @returns True if the owner stopped it. */
  private async stopAtPeer(ref: ReplyRef, header: Header): Promise<boolean> {
    if (header.kind === "end" || header.process === this.process) return false;
    try {
      return await this.context.peers.stop(header, ref);
    } catch (error) {
      if (error instanceof PeerGoneError) return false;
      throw error;
    }
  }
}

const notStopped = () =>
  new VisibleError(
    503,
    "The reply could not be stopped because its server keeps changing. Try again in a few seconds.",
  );

/** The service as conversations need it. */
export type Replies = Pick<
  ReplyService,
  | "reserveSlot"
  | "releaseSlot"
  | "start"
  | "isWriting"
  | "snapshot"
  | "stop"
  | "retry"
  | "continueWith"
>;
