import type { Logger } from "../../../core/runtime/log";
import type { ReplyLog } from "../log/reply-log";
import {
  type ActiveReplyIndex,
  replyName,
} from "../../../core/storage/layout/active-reply-index";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import { MonitorAssignment } from "./monitor-assignment";
import type { EpochHeader, Header } from "../log/records";
import { formatOffset, type Offset } from "../log/offset";

export interface CaretakerTools {
  inProgress: ActiveReplyIndex;
  logOf(ref: ReplyRef): ReplyLog;
  /** Whether this process writes the reply. */
  isHeld(ref: ReplyRef): boolean;
  /**
   * Goes on with a reply whose writer has died, or begins one that nobody began.
   *
   * @param last The number of the entry that is abandoned; 0 if there is none.
   */
  takeOver(ref: ReplyRef, last: number): Promise<void>;
  /** Makes the message of a reply that has ended, and strikes it off the list. */
  settle(ref: ReplyRef): Promise<void>;
  /** Whether the holder says that it holds the reply; `undefined` if it doesn't answer. */
  holds(ref: ReplyRef, epoch: EpochHeader): Promise<boolean | undefined>;
  /** Tells this process from all others. */
  process: string;
  log: Logger;
  leaseMs: number;
  /** Milliseconds, never set back. */
  now: () => number;
}

/** What one look at a reply told. */
interface Look {
  /** The number of the newest entry, whether it counts (yet) or not. */
  last: number;
  tail: Offset | undefined;
  newest: Header | undefined;
  isHandedOver: boolean;
}

/** What was seen of a reply. */
interface Observation extends Look {
  /** Changes with every new entry and every new line. */
  pulse: string;
  /** For how long this process has watched and seen it not grow, in milliseconds. */
  quietMs: number;
  seenAt: number;
  isSuspect: boolean;
  wasProbed: boolean;
}

/**
 * How many logs are looked at together: balances the time for a round against the calls of replies
 * that are written here, which wait for the same few threads.
 */
const PARALLEL = 4;

/**
 * Looks now and then at those of the replies in progress that fall to it (see {@link MonitorAssignment}),
 * and takes over those whose logs no longer grow.
 *
 * Only its own clock counts, and only time in which it was awake: having been frozen, it would
 * else take everyone for dead. A mistake costs a pause, never text: see {@link ReplyLog}.
 */
export class ReplySupervisor {
  private observations = new Map<string, Observation>();
  private readonly suspects = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private isStopped = false;
  private readonly observers: MonitorAssignment;
  private beats = 0;

  constructor(private readonly tools: CaretakerTools) {
    const { process, leaseMs, now } = tools;
    this.observers = new MonitorAssignment(process, leaseMs, now);
  }

  start(): void {
    this.schedule(0);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.round;
    const { inProgress, process } = this.tools;
    await inProgress
      .removeBeat({ process, count: this.beats })
      .catch(() => undefined);
  }

  /** A holder's address refuses connections: half of the lease is patience enough. */
  suspect(ref: ReplyRef): void {
    this.suspects.add(replyName(ref));
  }

  private get tickMs(): number {
    return this.tools.leaseMs / 4;
  }

  private schedule(ms: number): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.round = this.lookAtAll().finally(() => this.schedule(this.tickMs));
    }, ms);
  }

  private async lookAtAll(): Promise<void> {
    try {
      const refs = shuffled(await this.findOwn());
      // Bounds the load: what there is no time for comes first, or later, in another round.
      const until = this.tools.now() + 2 * this.tickMs;
      const workers = Array.from({ length: PARALLEL }, () =>
        this.work(refs, until),
      );
      await Promise.all(workers);
    } catch (error) {
      this.tools.log.error({ error }, "replies in progress can't be listed");
    }
  }

  /** The replies that this process is to look at. */
  private async findOwn(): Promise<ReplyRef[]> {
    const { inProgress } = this.tools;
    const { refs, beats } = await inProgress.look();
    const listed = new Set(refs.map(replyName));
    for (const name of this.suspects) {
      if (!listed.has(name)) this.suspects.delete(name);
    }
    // Where nothing is to be looked after nobody gives signs of life, and nobody misses them.
    const left = refs.length > 0 ? this.observers.see(beats) : [];
    if (refs.length > 0) await this.beat();
    for (const beat of left) await inProgress.removeBeat(beat);
    const own = refs.filter((ref) => {
      const name = replyName(ref);
      return this.suspects.has(name) || this.observers.watches(name);
    });
    const names = new Set(own.map(replyName));
    for (const name of this.observations.keys()) {
      if (!names.has(name)) this.observations.delete(name);
    }
    return own;
  }

  /** Where it can't be given, the others look after more. */
  private async beat(): Promise<void> {
    const { inProgress, process } = this.tools;
    await inProgress
      .beat({ process, count: this.beats + 1 })
      .then(() => this.beats++)
      .catch(() => undefined);
  }

  private async work(refs: ReplyRef[], until: number): Promise<void> {
    for (let ref = refs.pop(); ref && !this.isStopped; ref = refs.pop()) {
      if (this.tools.now() > until) return;
      await this.lookAt(ref).catch((error: unknown) =>
        this.tools.log.error(
          { error, reply: ref },
          "a reply can't be looked at",
        ),
      );
    }
  }

  private async lookAt(ref: ReplyRef): Promise<void> {
    if (this.tools.isHeld(ref)) return this.forget(replyName(ref));
    const seen = await this.observe(ref);
    if (seen.newest?.kind === "end") return this.tools.settle(ref);
    if (!(await this.isAbandoned(ref, seen))) return;
    this.forget(replyName(ref));
    await this.tools.takeOver(ref, seen.last);
  }

  private async observe(ref: ReplyRef): Promise<Observation> {
    const name = replyName(ref);
    const before = this.observations.get(name);
    const look = await this.look(ref, before);
    const { last, tail } = look;
    const pulse = `${last} ${tail ? formatOffset(tail) : ""}`;
    const now = this.tools.now();
    const isSame = before?.pulse === pulse;
    const seen: Observation = {
      ...look,
      pulse,
      // A gap between two looks is time in which nothing was watched.
      quietMs: isSame
        ? before.quietMs + Math.min(now - before.seenAt, 2 * this.tickMs)
        : 0,
      seenAt: now,
      isSuspect: isSame && (before.isSuspect || this.suspects.has(name)),
      wasProbed: isSame && before.wasProbed,
    };
    this.observations.set(name, seen);
    return seen;
  }

  private async look(
    ref: ReplyRef,
    before: Observation | undefined,
  ): Promise<Look> {
    const log = this.tools.logOf(ref);
    if (before?.newest?.kind === "epoch" && before.tail) {
      const grown = await log.readProgress(before.tail);
      const { last, newest } = before;
      if (grown) return { last, newest, ...grown };
    }
    const reading = await log.read();
    const settled = reading?.isFinal === true;
    return {
      // Without a reading there is no entry, or a first one whose maker died at once.
      last: reading?.latestEntry ?? (await log.latestEntry()),
      tail: reading?.tail,
      newest: settled ? reading.currentHeader : undefined,
      isHandedOver: settled && reading.isHandedOver,
    };
  }

  private async isAbandoned(
    ref: ReplyRef,
    seen: Observation,
  ): Promise<boolean> {
    const { leaseMs } = this.tools;
    if (seen.quietMs >= leaseMs || seen.isHandedOver) return true;
    if (seen.quietMs < leaseMs / 2) return false;
    if (!seen.wasProbed && seen.newest?.kind === "epoch") {
      seen.wasProbed = true;
      const holds = await this.tools.holds(ref, seen.newest);
      seen.isSuspect ||= holds === false;
    }
    return seen.isSuspect;
  }

  private forget(name: string): void {
    this.observations.delete(name);
    this.suspects.delete(name);
  }
}

/** So that the processes that find a dead one's replies share them out. */
function shuffled<T>(items: T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
