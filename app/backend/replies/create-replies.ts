import { randomBytes } from "node:crypto";
import type { ReplyRef } from "../../core/storage/layout/record-folders";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import type { JsonObject } from "../../core/storage/json";
import type { FileSystem } from "../../core/storage/file-system";
import type { Logger } from "../../core/runtime/log";
import type { Registry } from "../../core/runtime/metrics";
import { AfterFailure, endOf, nextIn } from "./after-failure";
import { Caretaker } from "./caretaker";
import { EpochLog, type Reading } from "./epoch-log";
import { followLog, type Followed, type FollowedLine } from "./follow-log";
import type { HeldEpoch } from "./held-epoch";
import { InProgress } from "../../core/storage/layout/active-reply-index";
import type { Header } from "./lines";
import { PeerGoneError, type Peers } from "./peers";
import { fromOffset, start, toOffset, type Position } from "./offset";
import type {
  Replies,
  ReplyModels,
  ReplyRecords,
  ReplySnapshot,
} from "./replies";
import { saidIn, toEnded, toEvent } from "./events";
import { createReplyMetrics } from "./reply-metrics";
import { Settlement } from "./settlement";
import { Writers } from "./writers";

export interface RepliesOptions {
  records: ReplyRecords;
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
export interface ServedReplies extends Replies {
  /**
   * What a reply's log says after a place, as far as it is on disk; also what isn't yet, if that is
   * wanted and this process has said it.
   */
  read(
    ref: ReplyRef,
    from: Position,
    options?: { ahead: boolean },
  ): Promise<Reading | undefined>;
  /**
   * The lines of a reply after a place, live and as many as there are each time, past ends that
   * aren't final, until aborted.
   */
  follow(
    ref: ReplyRef,
    from: Position,
    options: { ahead: boolean; signal: AbortSignal },
  ): AsyncGenerator<FollowedLine[], void>;
  /** What another backend is told: `undefined` if this process doesn't hold the reply. */
  held(ref: ReplyRef): HeldEpoch | undefined;
  stopHeld(ref: ReplyRef): Promise<boolean>;
  /** What to tell of why a reply that was read can't be saved, as far as is known here. */
  unsavedNotice(
    ref: ReplyRef,
    reading: Pick<Reading, "newest" | "number">,
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
export function createReplies(options: RepliesOptions): ServedReplies {
  return new RepliesOfProcess(options);
}

class RepliesOfProcess implements ServedReplies {
  readonly process = randomBytes(9).toString("base64url");
  private readonly inProgress: InProgress;
  private readonly settlement: Settlement;
  private readonly writers: Writers;
  private readonly caretaker: Caretaker;
  private readonly afterFailure: AfterFailure;
  /** Owners of whom a reply was admitted that is not written yet. */
  private readonly admitted = new Set<string>();

  constructor(private readonly options: RepliesOptions) {
    const { fileSystem, inProgressFolder, metrics } = options;
    this.inProgress = new InProgress(fileSystem, inProgressFolder);
    const logOf = (ref: ReplyRef) => this.logOf(ref);
    const parts = {
      ...options,
      inProgress: this.inProgress,
      logOf,
      now: options.now ?? (() => performance.now()),
    };
    this.settlement = new Settlement(parts);
    const told =
      metrics && createReplyMetrics(metrics, () => this.writers.size);
    this.writers = new Writers({
      ...parts,
      process: this.process,
      flushMs: options.flushMs ?? FLUSH_MS,
      longest: options.longest ?? LONGEST,
      settle: (ref, ended) => this.settlement.settleEnded(ref, ended),
      onTakenOver: (after) => told?.takenOver(after),
    });
    this.afterFailure = new AfterFailure({
      ...parts,
      writers: this.writers,
      admit: (ownerHash) => this.admit(ownerHash),
    });
    this.caretaker = new Caretaker({
      ...parts,
      process: this.process,
      isHeld: (ref) => this.writers.isBusyWith(ref),
      takeOver: (ref, last) => this.writers.takeOver(ref, last),
      settle: (ref) => this.settlement.settle(ref),
      holds: (ref, epoch) => options.peers.holds(epoch, ref),
    });
  }

  start(): void {
    this.caretaker.start();
  }

  async drain(): Promise<void> {
    this.writers.leave();
    await this.caretaker.stop();
    await this.writers.handOver();
  }

  async admit(ownerHash: string): Promise<void> {
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

  async beginning<T>(ownerHash: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.admitted.delete(ownerHash);
    }
  }

  async begin(ref: ReplyRef): Promise<void> {
    await this.inProgress.add(ref);
    await this.writers.claim(ref, "begin", 0);
    // It is counted among those that are written by now.
    this.admitted.delete(ref.ownerHash);
  }

  retry(ref: ReplyRef): Promise<void> {
    return this.afterFailure.retry(ref);
  }

  goOn(ref: ReplyRef, next: JsonObject): Promise<JsonObject | undefined> {
    return this.afterFailure.goOn(ref, next);
  }

  async stop(ref: ReplyRef): Promise<void> {
    for (let attempt = 0; attempt < STOP_ATTEMPTS; attempt++) {
      if (await this.stopHeld(ref)) return;
      const reading = await this.logOf(ref).read();
      if (!reading) throw new NotFoundError("reply");
      const { newest, last } = reading;
      if (endOf(reading)) return;
      if (await this.stopAtPeer(ref, newest)) continue;
      const writer = await this.writers.claim(ref, "stop", last);
      await writer?.stop();
    }
    const reading = await this.logOf(ref).read();
    if (!reading || !endOf(reading)) throw notStopped();
  }

  stopHeld(ref: ReplyRef): Promise<boolean> {
    return this.writers.stop(ref);
  }

  async snapshot(ref: ReplyRef): Promise<ReplySnapshot | undefined> {
    const writer = this.writers.of(ref);
    if (writer && !writer.held.isBeingEnded) {
      const { text } = writer.said;
      const { number: epoch, tail } = writer.held;
      return { status: "writing", text, offset: toOffset(tail), epoch };
    }
    const reading =
      this.writers.readEnded(ref) ?? (await this.logOf(ref).read());
    if (!reading) return undefined;
    const { text } = saidIn(reading.lines);
    const offset = toOffset(reading.tail);
    const epoch = reading.number;
    const end = endOf(reading);
    if (end) {
      const ended = toEnded(end);
      const next = nextIn(end);
      return { status: ended.outcome, text, offset, epoch, ended, next };
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
    const from = offset === undefined ? start : fromOffset(offset);
    const reading = await this.read(ref, from, { ahead: true });
    if (reading && endOf(reading) && reading.lines.length === 0) return;
    const followed = this.follow(ref, from, { ahead: true, signal });
    for await (const lines of followed) {
      for (const { line, at, isLast } of lines) {
        const event = toEvent(line);
        if (event) yield { event, offset: toOffset(at) };
        if (isLast) return;
      }
    }
  }

  async read(
    ref: ReplyRef,
    from: Position,
    { ahead } = { ahead: false },
  ): Promise<Reading | undefined> {
    const known = ahead ? this.writers.readAhead(ref, from) : undefined;
    return known ?? this.logOf(ref).read(from);
  }

  follow(
    ref: ReplyRef,
    from: Position,
    options: { ahead: boolean; signal: AbortSignal },
  ): AsyncGenerator<FollowedLine[], void> {
    return followLog(this.followed(ref, options), from, options);
  }

  isWriting(ref: ReplyRef): boolean {
    return this.writers.of(ref) !== undefined;
  }

  held(ref: ReplyRef): HeldEpoch | undefined {
    return this.writers.of(ref)?.held;
  }

  unsavedNotice(
    ref: ReplyRef,
    { newest, number }: Pick<Reading, "newest" | "number">,
  ): string | undefined {
    return newest.kind === "epoch"
      ? this.writers.unsavedNotice(ref, number)
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
      onEnd: (end) => this.settlement.settleEnded(ref, toEnded(end)),
    };
  }

  private logOf(ref: ReplyRef): EpochLog {
    const { fileSystem, records } = this.options;
    return new EpochLog(fileSystem, records.folder(ref));
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
