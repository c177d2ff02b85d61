import { randomBytes } from "node:crypto";
import { NotFoundError, VisibleError } from "../../shared/errors";
import type { FileSystem } from "../../shared/files/FileSystem";
import type { Logger } from "../../shared/log";
import type { Registry } from "../../shared/metrics";
import { Caretaker } from "./Caretaker";
import { EpochLog, type OwnEntry, type Reading } from "./EpochLog";
import { followLog, type Followed, type FollowedLine } from "./followLog";
import { HeldEpoch } from "./HeldEpoch";
import { InProgress, nameOf } from "./inProgress";
import type { EpochHeader } from "./lines";
import { PeerGoneError, type Peers } from "./Peers";
import { fromOffset, start, toOffset, type Position } from "./position";
import type {
  EndedReply,
  Replies,
  ReplyModels,
  ReplyRecords,
  ReplyRef,
  ReplySnapshot,
} from "./Replies";
import { nothingSaid, saidIn, toEnded, toEvent, type Said } from "./events";
import { createReplyMetrics, type ReplyMetrics } from "./replyMetrics";
import { ReplyWriter } from "./ReplyWriter";

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
  /** What a reply's log says after a place, as far as it is on disk. */
  read(ref: ReplyRef, from: Position): Promise<Reading | undefined>;
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
  /** Tells this process from another one at the same address. */
  readonly process: string;
}

const FLUSH_MS = 200;

/** How often files are looked at where nobody sends what is in them. */
const POLL_MS = 150;

/** The replies of one backend process. */
export function createReplies(options: RepliesOptions): ServedReplies {
  return new RepliesOfProcess(options);
}

type Purpose = "begin" | "go on" | "stop" | "retry";

class RepliesOfProcess implements ServedReplies {
  readonly process = randomBytes(9).toString("base64url");
  private readonly writers = new Map<string, ReplyWriter>();
  private readonly claims = new Map<string, Promise<ReplyWriter | undefined>>();
  private readonly inProgress: InProgress;
  private readonly caretaker: Caretaker;
  private readonly now: () => number;
  private readonly metrics: ReplyMetrics | undefined;
  private isDraining = false;

  constructor(private readonly options: RepliesOptions) {
    const { fileSystem, inProgressFolder, log, leaseMs } = options;
    this.now = options.now ?? (() => performance.now());
    this.metrics =
      options.metrics &&
      createReplyMetrics(options.metrics, () => this.writers.size);
    this.inProgress = new InProgress(fileSystem, inProgressFolder);
    this.caretaker = new Caretaker({
      inProgress: this.inProgress,
      log,
      leaseMs,
      now: this.now,
      logOf: (ref) => this.logOf(ref),
      isHeld: (ref) => this.isBusyWith(ref),
      takeOver: (ref, last) => this.takeOver(ref, last),
      settle: (ref) => this.settle(ref),
      holds: (ref, epoch) => options.peers.holds(epoch, ref),
    });
  }

  start(): void {
    this.caretaker.start();
  }

  async drain(): Promise<void> {
    this.isDraining = true;
    await this.caretaker.stop();
    await Promise.allSettled(this.claims.values());
    const writers = [...this.writers.values()];
    await Promise.all(writers.map((writer) => writer.handOver()));
  }

  async admit(ownerHash: string): Promise<void> {
    const { perOwner, perProcess } = this.options;
    if (this.writers.size >= perProcess) {
      throw new VisibleError(
        503,
        "Too many replies are being written at the moment. Try again in a few seconds.",
      );
    }
    if ((await this.inProgress.countOf(ownerHash)) >= perOwner) {
      throw new VisibleError(
        429,
        `${perOwner} replies are being written for you already. Wait until one has ended, or stop one, then try again.`,
      );
    }
  }

  async begin(ref: ReplyRef): Promise<void> {
    await this.inProgress.add(ref);
    await this.claim(ref, "begin", 0);
  }

  async retry(ref: ReplyRef): Promise<void> {
    const reading = await this.logOf(ref).read();
    if (!reading) throw new NotFoundError("reply");
    const { newest, last } = reading;
    if (newest.kind !== "end" || newest.outcome !== "failed") {
      throw new VisibleError(
        409,
        "Only a reply that failed can be tried again, and this one has not.",
      );
    }
    await this.admit(ref.ownerHash);
    await this.inProgress.add(ref);
    await this.claim(ref, "retry", last);
  }

  async stop(ref: ReplyRef): Promise<void> {
    for (let attempt = 0; attempt < STOP_ATTEMPTS; attempt++) {
      if (await this.stopHeld(ref)) return;
      const reading = await this.logOf(ref).read();
      if (!reading) throw new NotFoundError("reply");
      const { newest, last } = reading;
      if (newest.kind === "end") return;
      if (await this.stopAtPeer(ref, newest)) continue;
      const writer = await this.claim(ref, "stop", last);
      await writer?.stop();
    }
  }

  async stopHeld(ref: ReplyRef): Promise<boolean> {
    const writer = this.writers.get(nameOf(ref));
    await writer?.stop();
    return writer?.held.left === "ended";
  }

  async snapshot(ref: ReplyRef): Promise<ReplySnapshot | undefined> {
    const writer = this.writerOf(ref);
    if (writer && !writer.held.isBeingEnded) {
      const { text } = writer.said;
      return { status: "writing", text, offset: toOffset(writer.held.tail) };
    }
    const reading = await this.logOf(ref).read();
    if (!reading) return undefined;
    const { text } = saidIn(reading.lines);
    const offset = toOffset(reading.tail);
    if (reading.newest.kind === "end") {
      const ended = toEnded(reading.newest);
      return { status: ended.outcome, text, offset, ended };
    }
    // Should its name have been lost in a power cut, somebody finishes it all the same.
    await this.inProgress.add(ref);
    return { status: "writing", text, offset };
  }

  async *watch(
    ref: ReplyRef,
    offset: string | undefined,
    signal: AbortSignal,
  ): ReturnType<Replies["watch"]> {
    const from = offset === undefined ? start : fromOffset(offset);
    const reading = await this.logOf(ref).read(from);
    if (reading?.newest.kind === "end" && reading.lines.length === 0) return;
    const followed = this.follow(ref, from, { ahead: true, signal });
    for await (const lines of followed) {
      for (const { line, at, isLast } of lines) {
        const event = toEvent(line);
        if (event) yield { event, offset: toOffset(at) };
        if (isLast) return;
      }
    }
  }

  read(ref: ReplyRef, from: Position): Promise<Reading | undefined> {
    return this.logOf(ref).read(from);
  }

  follow(
    ref: ReplyRef,
    from: Position,
    options: { ahead: boolean; signal: AbortSignal },
  ): AsyncGenerator<FollowedLine[], void> {
    return followLog(this.followed(ref), from, options);
  }

  held(ref: ReplyRef): HeldEpoch | undefined {
    return this.writerOf(ref)?.held;
  }

  private followed(ref: ReplyRef): Followed {
    const { peers, leaseMs } = this.options;
    return {
      log: this.logOf(ref),
      process: this.process,
      pollMs: Math.min(POLL_MS, leaseMs / 4),
      leaseMs,
      held: () => this.held(ref),
      peer: (epoch, from, ahead, signal) =>
        peers.follow(epoch, ref, from, ahead, signal),
      onGone: () => this.caretaker.suspect(ref),
      onHandover: ({ epoch }) => this.takeOver(ref, epoch),
      onEnd: (end) => this.settleEnded(ref, toEnded(end)),
    };
  }

  private logOf(ref: ReplyRef): EpochLog {
    const { fileSystem, records } = this.options;
    return new EpochLog(fileSystem, records.folder(ref));
  }

  private writerOf(ref: ReplyRef): ReplyWriter | undefined {
    const writer = this.writers.get(nameOf(ref));
    return writer?.held.left ? undefined : writer;
  }

  private isBusyWith(ref: ReplyRef): boolean {
    return this.writers.has(nameOf(ref)) || this.claims.has(nameOf(ref));
  }

  /** @param last The entry that was found abandoned: if there is a newer one, it is not. */
  private async takeOver(ref: ReplyRef, last: number): Promise<void> {
    if (this.isDraining || this.isBusyWith(ref)) return;
    await this.claim(ref, "go on", last);
  }

  /** @returns Whether the holder stopped it. */
  private async stopAtPeer(
    ref: ReplyRef,
    epoch: EpochHeader,
  ): Promise<boolean> {
    if (epoch.process === this.process) return false;
    try {
      return await this.options.peers.stop(epoch, ref);
    } catch (error) {
      if (error instanceof PeerGoneError) return false;
      throw error;
    }
  }

  /**
   * Makes the entry after number `last`, if nobody else does, and writes on from there.
   *
   * @returns The writer, also if this process has it already; `undefined` if it is another's.
   */
  private claim(
    ref: ReplyRef,
    purpose: Purpose,
    last: number,
  ): Promise<ReplyWriter | undefined> {
    const name = nameOf(ref);
    const known = this.writerOf(ref);
    if (known) return Promise.resolve(known);
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
    const log = this.logOf(ref);
    const continues = purpose === "go on" && (await this.continues(ref));
    let said = nothingSaid;
    let lost = false;
    const entry = await log.open(last + 1, (before) => {
      const all = saidIn(before?.lines ?? []);
      if (continues || purpose === "stop") said = all;
      lost = purpose === "go on" && all.text !== said.text;
      const { address } = this.options;
      return { holder: address, process: this.process, keep: said.text.length };
    });
    if (!entry) return undefined;
    if (purpose === "go on") this.metrics?.takenOver();
    const held = new HeldEpoch(log, entry);
    if (lost) held.say({ notice: BEGUN_AGAIN });
    this.tell(ref, purpose, entry);
    return this.write(ref, held, said, purpose);
  }

  private write(
    ref: ReplyRef,
    held: HeldEpoch,
    said: Said,
    purpose: Purpose,
  ): ReplyWriter {
    const { records, models, log, leaseMs, flushMs } = this.options;
    const writer = new ReplyWriter(ref, held, said, {
      records,
      models,
      log,
      leaseMs,
      flushMs: flushMs ?? FLUSH_MS,
      now: this.now,
      settle: (settled, ended) => this.settleEnded(settled, ended),
    });
    this.writers.set(nameOf(ref), writer);
    void writer.finished().then(() => this.release(ref, writer));
    // Another process can go on at once; this one won't be there for long.
    if (this.isDraining) void writer.handOver();
    if (purpose === "stop") void writer.stop();
    return writer;
  }

  private release(ref: ReplyRef, writer: ReplyWriter): void {
    const name = nameOf(ref);
    if (this.writers.get(name) === writer) this.writers.delete(name);
  }

  /** For a reply that was found to have ended; doing it twice is doing it once. */
  private async settle(ref: ReplyRef): Promise<void> {
    const reading = await this.logOf(ref).read();
    if (reading?.newest.kind === "end") {
      await this.settleEnded(ref, toEnded(reading.newest));
    }
  }

  private async settleEnded(ref: ReplyRef, ended: EndedReply): Promise<void> {
    try {
      if (ended.outcome !== "failed") {
        await this.options.records.becomeMessage(ref, ended);
      }
      await this.inProgress.remove(ref);
      if (ended.outcome === "failed") await this.listIfRetried(ref);
    } catch (error) {
      this.options.log.error(
        { error, reply: ref },
        "a reply that has ended is no message yet; this is tried again",
      );
    }
  }

  /** A Retry may have put it on the list just before it was taken off. */
  private async listIfRetried(ref: ReplyRef): Promise<void> {
    const reading = await this.logOf(ref).read();
    if (reading?.newest.kind === "epoch") await this.inProgress.add(ref);
  }

  /** Whether the model can go on from the middle of a reply. */
  private async continues(ref: ReplyRef): Promise<boolean> {
    const { records, models, log } = this.options;
    try {
      const { model } = await records.promptFor(ref);
      const info = await models.find(model, AbortSignal.timeout(FIND_MS));
      return info?.continues ?? false;
    } catch (error) {
      log.warn({ error, reply: ref }, "the model of a reply can't be found");
      return false;
    }
  }

  private tell(ref: ReplyRef, purpose: Purpose, { number }: OwnEntry): void {
    if (purpose === "begin") return;
    const level = purpose === "go on" ? "warn" : "info";
    this.options.log[level](
      { reply: ref, epoch: number, purpose },
      "took over",
    );
  }
}

/** Each attempt but the first means that another process took over meanwhile. */
const STOP_ATTEMPTS = 5;
const FIND_MS = 2_000;
const BEGUN_AGAIN =
  "The server that was writing this reply has gone, so the reply was begun again.";
