import { sentence } from "../../core/texts/catalogue";
import type { JsonObject } from "../../core/storage/json";
import type {
  ConversationRef,
  ReplyRef,
} from "../../core/storage/layout/record-folders";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import { ReplySupervisor } from "./failover/reply-supervisor";
import { formatOffset } from "./log/offset";
import { nextPromptIn, type Header } from "./log/records";
import { replay, toFinalReply } from "./log/replay";
import { currentEnd, type LogSnapshot } from "./log/reply-log";
import { continueAfterFailed, retryFailed } from "./outcome/after-failure";
import { continueQueue } from "./outcome/continue-queue";
import type { LogSource } from "./reading/follow-log";
import { createLogSources } from "./reading/log-sources";
import type { ReplyContext } from "./reply-context";
import type { FinalReply } from "./types";
import type { EpochWriter } from "./writing/epoch-writer";
import { PeerGoneError } from "./writing/peer-client";
import { WriterPool } from "./writing/writer-pool";

export interface ReplySnapshot {
  status: "writing" | "complete" | "stopped" | "failed";
  text: string;
  reasoning?: string;
  reasoningMs?: number | undefined;
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
  /** A reply's records that are never dropped. */
  readonly committed: (ref: ReplyRef) => LogSource;
  /** A reply's records as they come, also those that may be dropped. */
  readonly live: (ref: ReplyRef) => LogSource;
  private readonly pool: WriterPool;
  private readonly supervisor: ReplySupervisor;

  constructor(private readonly context: ReplyContext) {
    this.pool = new WriterPool(context);
    this.supervisor = new ReplySupervisor(context, this.pool);
    const sources = createLogSources(context, this.pool, this.supervisor);
    this.process = context.process;
    this.committed = sources.committed;
    this.live = sources.live;
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
   * Reserves a slot for one more reply, before its prompt is saved. At most one per visitor at a time.
   *
   * @throws VisibleError (429) if the visitor has too many unfinished replies; (503) if this process
   *   writes too many.
   */
  reserveSlot(ownerHash: string): Promise<void> {
    return this.pool.reserveSlot(ownerHash);
  }

  /** Frees the visitor's slot if its reply has not started. */
  releaseSlot(ownerHash: string): void {
    this.pool.releaseSlot(ownerHash);
  }

  /** Creates the reply's first epoch and writes in the background. Idempotent. */
  async start(ref: ReplyRef): Promise<void> {
    await this.pool.begin(ref);
    this.pool.releaseSlot(ref.ownerHash);
  }

  /**
   * Like {@link start}, but resolves when the reply is in the active index: this process goes on in the
   * background, and a monitor begins the reply if it dies. The index entry is not flushed: after a power cut,
   * a reader of the conversation may have to begin the reply. Here, reads of the reply wait for its first
   * epoch; elsewhere, readers of its stream wait for it.
   */
  async begin(ref: ReplyRef): Promise<void> {
    await this.pool.beginSoon(ref);
    this.pool.releaseSlot(ref.ownerHash);
  }

  /** Call before and after a prompt is queued: some process then continues the queue. */
  watchQueue(of: ConversationRef): Promise<void> {
    return this.context.index.addQueue(of);
  }

  /**
   * True if the conversation goes on after a reply, or messages wait for the visitor because it
   * failed. Also if that can't be found out: the reply's end is sent all the same, and clients look.
   */
  async isContinued(ref: ReplyRef): Promise<boolean> {
    return this.context.repository.isContinued(ref).catch(() => true);
  }

  /** Begins the reply to the next queued prompt, if the reply before it is done. Idempotent. */
  continueQueue(of: ConversationRef): Promise<void> {
    return continueQueue(this.context, this.pool.begin, of);
  }

  /**
   * Starts a failed reply again; one that is being written is left alone.
   *
   * @throws VisibleError (409) if it has not failed; ConversationMovedOnError.
   */
  retry(ref: ReplyRef): Promise<void> {
    return retryFailed(this.context, this.pool, ref);
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
    return continueAfterFailed(this.context, ref, prompt);
  }

  /**
   * Ends a reply, whichever process writes it. One that has ended is left alone.
   *
   * @throws NotFoundError; VisibleError (503) if it could not be ended now.
   */
  async stop(ref: ReplyRef): Promise<void> {
    for (let attempt = 0; attempt < STOP_ATTEMPTS; attempt++) {
      if (await this.stopHere(ref)) return;
      const snapshot = await this.read(ref);
      if (!snapshot) {
        await this.stopUnbegun(ref);
        continue;
      }
      if (currentEnd(snapshot)) return;
      if (await this.stopAtPeer(ref, snapshot.currentHeader)) continue;
      await this.pool.stopOrphan(ref, snapshot.latestEntry);
    }
    const snapshot = await this.read(ref);
    if (!snapshot || !currentEnd(snapshot)) throw notStopped();
  }

  /** @returns False if this process does not write the reply. */
  stopHere(ref: ReplyRef): Promise<boolean> {
    return this.pool.stop(ref);
  }

  isWriting(ref: ReplyRef): boolean {
    return this.epochOf(ref) !== undefined || this.pool.isOpening(ref);
  }

  /** The open epoch of a reply that this process writes. */
  epochOf(ref: ReplyRef): EpochWriter | undefined {
    return this.pool.writerOf(ref)?.epoch;
  }

  /** @returns `undefined` if there is no such reply. */
  async snapshot(ref: ReplyRef): Promise<ReplySnapshot | undefined> {
    await this.pool.settled(ref);
    const writer = this.pool.writerOf(ref);
    if (writer && !writer.epoch.isSealing) {
      const { soFar, epoch } = writer;
      const offset = formatOffset(epoch.tail);
      return { status: "writing", ...soFar, offset, epoch: epoch.number };
    }
    const snapshot = this.pool.readEnded(ref) ?? (await this.read(ref));
    if (!snapshot) return undefined;
    const { text, reasoning, reasoningMs } = replay(snapshot.records);
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
    const soFar =
      reasoning === "" ? { text } : { text, reasoning, reasoningMs };
    return { status: "writing", ...soFar, offset, epoch };
  }

  /** The notice for live readers if the reply cannot be saved, as far as this process knows. */
  saveNoticeOf(ref: ReplyRef, snapshot: LogSnapshot): string | undefined {
    return this.pool.saveNoticeOf(ref, snapshot);
  }

  private read(ref: ReplyRef): Promise<LogSnapshot | undefined> {
    return this.context.logOf(ref).read();
  }

  /**
   * Stops a reply that no process has begun, or whose first entry has no header yet. The process that is
   * about to write it finds its entry taken, or a newer one.
   *
   * @throws NotFoundError
   */
  private async stopUnbegun(ref: ReplyRef): Promise<void> {
    const latestEntry = await this.context.logOf(ref).latestEntry();
    if (latestEntry === 0 && !(await this.context.repository.isExpected(ref))) {
      throw new NotFoundError("reply");
    }
    await this.pool.stopOrphan(ref, latestEntry);
  }

  /** @returns True if its writer stopped it. */
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

const notStopped = () => new VisibleError(503, sentence("problem.notStopped"));
