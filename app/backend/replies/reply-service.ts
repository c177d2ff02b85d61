import { randomBytes } from "node:crypto";
import type { ReplyRef } from "../../core/storage/layout/record-folders";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import type { JsonObject } from "../../core/storage/json";
import type { FileSystem } from "../../core/storage/file-system";
import type { Logger } from "../../core/runtime/log";
import type { Registry } from "../../core/runtime/metrics";
import {
  FailureResolution,
  finalEnd,
  nextPromptIn,
} from "./outcome/failure-resolution";
import { ReplySupervisor } from "./failover/supervisor";
import { ReplyLog, type LogSnapshot } from "./log/reply-log";
import {
  followLog,
  type Followed,
  type FollowedRecord,
} from "./reading/follow-log";
import type { EpochWriter } from "./writing/epoch-writer";
import { ActiveReplyIndex } from "../../core/storage/layout/active-reply-index";
import type { Header } from "./log/records";
import { PeerGoneError, type Peers } from "./reading/peers";
import { parseOffset, logStart, formatOffset, type Offset } from "./log/offset";
import type {
  Replies,
  ReplyModels,
  ReplyRepository,
  ReplySnapshot,
} from "./types";
import { replay, toFinalReply, toEvent } from "./log/replay";
import { createReplyMetrics } from "./metrics";
import { ReplyPublisher } from "./outcome/publisher";
import { WriterPool } from "./writing/writer-pool";

export interface RepliesOptions {
  records: ReplyRepository;
  models: ReplyModels;
  fileSystem: FileSystem;
  /** Lists the replies of all owners that are in progress. */
  inProgressFolder: string;
  peers: Peers;
  /** Where other backends reach this process. */
  address: string;
  log: Logger;
  /** How long a reply's log may stop growing before another process takes over. */
  leaseMs: number;
  /** How much of a reply, in milliseconds, is written again after a crash. */
  flushMs?: number;
  /**
   * Where a reply, with its reasoning, is ended, in UTF-16 units; sooner, where it is said in very
   * small pieces.
   */
  longest?: number;
  /** How many replies an owner may have in progress. */
  perOwner: number;
  /** How many this process writes at once. */
  perProcess: number;
  /** Where to count them; left out, they aren't counted. */
  metrics?: Registry;
  /** Milliseconds, never set back. */
  now?: () => number;
}

/** What the routes that serve streams need, beyond what the other parts of the backend do. */
export interface ReplyService extends Replies {
  /**
   * What a reply's log says after a place, as far as it is on disk; also what isn't yet, if that is
   * wanted and this process has said it.
   */
  read(
    ref: ReplyRef,
    from: Offset,
    options?: { ahead: boolean },
  ): Promise<LogSnapshot | undefined>;
  /**
   * The lines of a reply after a place, live and as many as there are each time, past ends that
   * aren't final, until aborted.
   */
  follow(
    ref: ReplyRef,
    from: Offset,
    options: { ahead: boolean; signal: AbortSignal },
  ): AsyncGenerator<FollowedRecord[], void>;
  /** What another backend is told: `undefined` if this process doesn't hold the reply. */
  held(ref: ReplyRef): EpochWriter | undefined;
  stopHeld(ref: ReplyRef): Promise<boolean>;
  /** What to tell of why a reply that was read can't be saved, as far as is known here. */
  unsavedNotice(
    ref: ReplyRef,
    reading: Pick<LogSnapshot, "currentHeader" | "currentEpoch">,
  ): string | undefined;
  /** Tells this process from another one at the same address. */
  readonly process: string;
}

const FLUSH_MS = 200;

/**
 * Some times more than models write at most. One that ignores its limit and never ends would fill
 * the memory of one process after the other.
 */
const LONGEST = 2_000_000;

/** How often files are looked at where nobody sends what is in them. */
const POLL_MS = 150;

/** The replies of one backend process. */
export function createReplies(options: RepliesOptions): ReplyService {
  return new RepliesOfProcess(options);
}

class RepliesOfProcess implements ReplyService {
  readonly process = randomBytes(9).toString("base64url");
  private readonly inProgress: ActiveReplyIndex;
  private readonly settlement: ReplyPublisher;
  private readonly writers: WriterPool;
  private readonly caretaker: ReplySupervisor;
  private readonly afterFailure: FailureResolution;
  /** Owners of whom a reply was admitted that is not written yet. */
  private readonly admitted = new Set<string>();

  constructor(private readonly options: RepliesOptions) {
    const { fileSystem, inProgressFolder, metrics } = options;
    this.inProgress = new ActiveReplyIndex(fileSystem, inProgressFolder);
    const logOf = (ref: ReplyRef) => this.logOf(ref);
    const parts = {
      ...options,
      inProgress: this.inProgress,
      logOf,
      now: options.now ?? (() => performance.now()),
    };
    this.settlement = new ReplyPublisher(parts);
    const told =
      metrics && createReplyMetrics(metrics, () => this.writers.size);
    this.writers = new WriterPool({
      ...parts,
      process: this.process,
      flushMs: options.flushMs ?? FLUSH_MS,
      longest: options.longest ?? LONGEST,
      settle: (ref, ended) => this.settlement.publishFinal(ref, ended),
      onTakenOver: (after) => told?.takenOver(after),
    });
    this.afterFailure = new FailureResolution({
      ...parts,
      writers: this.writers,
      admit: (ownerHash) => this.reserveSlot(ownerHash),
    });
    this.caretaker = new ReplySupervisor({
      ...parts,
      process: this.process,
      isHeld: (ref) => this.writers.isBusyWith(ref),
      takeOver: (ref, last) => this.writers.takeOver(ref, last),
      settle: (ref) => this.settlement.publish(ref),
      holds: (ref, epoch) => options.peers.holds(epoch, ref),
    });
  }

  startSupervision(): void {
    this.caretaker.start();
  }

  async drain(): Promise<void> {
    this.writers.leave();
    await this.caretaker.stop();
    await this.writers.handOver();
  }

  async reserveSlot(ownerHash: string): Promise<void> {
    const { perOwner, perProcess } = this.options;
    this.admitted.delete(ownerHash);
    if (this.writers.size + this.admitted.size >= perProcess) {
      throw new VisibleError(
        503,
        "Too many replies are being written at the moment. Try again in a few seconds.",
      );
    }
    this.admitted.add(ownerHash);
    if ((await this.inProgress.countOf(ownerHash)) >= perOwner) {
      throw new VisibleError(
        429,
        `${perOwner} replies are being written for you already. Wait until one has ended, or stop one, then try again.`,
      );
    }
  }

  async withReservation<T>(
    ownerHash: string,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } finally {
      this.admitted.delete(ownerHash);
    }
  }

  async start(ref: ReplyRef): Promise<void> {
    await this.inProgress.add(ref);
    await this.writers.claim(ref, "begin", 0);
    // It is counted among those that are written by now.
    this.admitted.delete(ref.ownerHash);
  }

  retry(ref: ReplyRef): Promise<void> {
    return this.afterFailure.retry(ref);
  }

  continueWith(
    ref: ReplyRef,
    next: JsonObject,
  ): Promise<JsonObject | undefined> {
    return this.afterFailure.goOn(ref, next);
  }

  async stop(ref: ReplyRef): Promise<void> {
    for (let attempt = 0; attempt < STOP_ATTEMPTS; attempt++) {
      if (await this.stopHeld(ref)) return;
      const reading = await this.logOf(ref).read();
      if (!reading) throw new NotFoundError("reply");
      const { currentHeader, latestEntry } = reading;
      if (finalEnd(reading)) return;
      if (await this.stopAtPeer(ref, currentHeader)) continue;
      const writer = await this.writers.claim(ref, "stop", latestEntry);
      await writer?.stop();
    }
    const reading = await this.logOf(ref).read();
    if (!reading || !finalEnd(reading)) throw notStopped();
  }

  stopHeld(ref: ReplyRef): Promise<boolean> {
    return this.writers.stop(ref);
  }

  async snapshot(ref: ReplyRef): Promise<ReplySnapshot | undefined> {
    const writer = this.writers.of(ref);
    if (writer && !writer.held.isBeingEnded) {
      const { text } = writer.said;
      const { number: epoch, tail } = writer.held;
      return { status: "writing", text, offset: formatOffset(tail), epoch };
    }
    const reading =
      this.writers.readEnded(ref) ?? (await this.logOf(ref).read());
    if (!reading) return undefined;
    const { text } = replay(reading.lines);
    const offset = formatOffset(reading.tail);
    const epoch = reading.currentEpoch;
    const end = finalEnd(reading);
    if (end) {
      const ended = toFinalReply(end);
      const next = nextPromptIn(end);
      return {
        status: ended.outcome,
        text,
        offset,
        epoch,
        final: ended,
        nextPrompt: next,
      };
    }
    // Should its name have been lost in a power cut, somebody finishes it all the same.
    await this.inProgress.add(ref);
    return { status: "writing", text, offset, epoch };
  }

  async *watch(
    ref: ReplyRef,
    offset: string | undefined,
    signal: AbortSignal,
  ): ReturnType<Replies["watch"]> {
    const from = offset === undefined ? logStart : parseOffset(offset);
    const reading = await this.read(ref, from, { ahead: true });
    if (reading && finalEnd(reading) && reading.lines.length === 0) return;
    const followed = this.follow(ref, from, { ahead: true, signal });
    for await (const lines of followed) {
      for (const { line, at, isLast } of lines) {
        const event = toEvent(line);
        if (event) yield { event, offset: formatOffset(at) };
        if (isLast) return;
      }
    }
  }

  async read(
    ref: ReplyRef,
    from: Offset,
    { ahead } = { ahead: false },
  ): Promise<LogSnapshot | undefined> {
    const known = ahead ? this.writers.readAhead(ref, from) : undefined;
    return known ?? this.logOf(ref).read(from);
  }

  follow(
    ref: ReplyRef,
    from: Offset,
    options: { ahead: boolean; signal: AbortSignal },
  ): AsyncGenerator<FollowedRecord[], void> {
    return followLog(this.followed(ref, options), from, options);
  }

  isWriting(ref: ReplyRef): boolean {
    return this.writers.of(ref) !== undefined;
  }

  held(ref: ReplyRef): EpochWriter | undefined {
    return this.writers.of(ref)?.held;
  }

  unsavedNotice(
    ref: ReplyRef,
    {
      currentHeader,
      currentEpoch,
    }: Pick<LogSnapshot, "currentHeader" | "currentEpoch">,
  ): string | undefined {
    return currentHeader.kind === "epoch"
      ? this.writers.unsavedNotice(ref, currentEpoch)
      : undefined;
  }

  private followed(ref: ReplyRef, options: { ahead: boolean }): Followed {
    const { peers, leaseMs } = this.options;
    return {
      read: (from) => this.read(ref, from, options),
      process: this.process,
      pollMs: Math.min(POLL_MS, leaseMs / 4),
      leaseMs,
      held: () => this.held(ref),
      peer: (epoch, from, ahead, signal) =>
        peers.follow(epoch, ref, from, ahead, signal),
      onGone: () => this.caretaker.suspect(ref),
      onHandover: ({ epoch }) => this.writers.takeOver(ref, epoch),
      onEnd: (end) => this.settlement.publishFinal(ref, toFinalReply(end)),
    };
  }

  private logOf(ref: ReplyRef): ReplyLog {
    const { fileSystem, records } = this.options;
    return new ReplyLog(fileSystem, records.folder(ref));
  }

  /** @returns Whether the holder stopped it. */
  private async stopAtPeer(ref: ReplyRef, epoch: Header): Promise<boolean> {
    if (epoch.kind === "end" || epoch.process === this.process) return false;
    try {
      return await this.options.peers.stop(epoch, ref);
    } catch (error) {
      if (error instanceof PeerGoneError) return false;
      throw error;
    }
  }
}

const notStopped = () =>
  new VisibleError(
    503,
    "The reply could not be stopped, because the servers that write it keep changing. Try again in a few seconds.",
  );

/** Each attempt but the first means that another process took over meanwhile. */
const STOP_ATTEMPTS = 5;
