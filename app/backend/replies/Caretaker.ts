import type { Logger } from "../../shared/log";
import type { EpochLog } from "./EpochLog";
import type { InProgress } from "./inProgress";
import { nameOf } from "./inProgress";
import type { ReplyRef } from "./Replies";
import type { EpochHeader, Header } from "./lines";
import { toOffset, type Position } from "./position";

export interface CaretakerTools {
  inProgress: InProgress;
  logOf(ref: ReplyRef): EpochLog;
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
  log: Logger;
  leaseMs: number;
  /** Milliseconds, never set back. */
  now: () => number;
}

/** What was seen of a reply. */
interface Observation {
  /** Changes with every new entry and every new line. */
  pulse: string;
  /** The number of the newest entry, whether it counts (yet) or not. */
  last: number;
  tail: Position | undefined;
  newest: Header | undefined;
  isHandedOver: boolean;
  /** For how long this process has watched and seen it not grow, in milliseconds. */
  quietMs: number;
  seenAt: number;
  isSuspect: boolean;
  wasProbed: boolean;
}

/** How many logs are looked at together: balances the time for a round against the load it is. */
const PARALLEL = 8;

/**
 * Looks now and then at all replies in progress, and takes over those whose logs no longer grow.
 *
 * Only its own clock counts, and only time in which it was awake: having been frozen, it would
 * else take everyone for dead. A mistake costs a pause, never text: see {@link EpochLog}.
 */
export class Caretaker {
  private observations = new Map<string, Observation>();
  private readonly suspects = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(private readonly tools: CaretakerTools) {}

  start(): void {
    this.schedule(0);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.round;
  }

  /** A holder's address refuses connections: half of the lease is patience enough. */
  suspect(ref: ReplyRef): void {
    this.suspects.add(nameOf(ref));
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
      const refs = shuffled(await this.tools.inProgress.list());
      const names = new Set(refs.map(nameOf));
      for (const name of this.observations.keys()) {
        if (!names.has(name)) this.forget(name);
      }
      const workers = Array.from({ length: PARALLEL }, () => this.work(refs));
      await Promise.all(workers);
    } catch (error) {
      this.tools.log.error({ error }, "replies in progress can't be listed");
    }
  }

  private async work(refs: ReplyRef[]): Promise<void> {
    for (let ref = refs.pop(); ref && !this.isStopped; ref = refs.pop()) {
      await this.lookAt(ref).catch((error: unknown) =>
        this.tools.log.error(
          { error, reply: ref },
          "a reply can't be looked at",
        ),
      );
    }
  }

  private async lookAt(ref: ReplyRef): Promise<void> {
    if (this.tools.isHeld(ref)) return this.forget(nameOf(ref));
    const seen = await this.observe(ref);
    if (seen.newest?.kind === "end") return this.tools.settle(ref);
    if (!(await this.isAbandoned(ref, seen))) return;
    this.forget(nameOf(ref));
    await this.tools.takeOver(ref, seen.last);
  }

  private async observe(ref: ReplyRef): Promise<Observation> {
    const name = nameOf(ref);
    const before = this.observations.get(name);
    const log = this.tools.logOf(ref);
    const reading = await log.read(before?.tail);
    // Without a reading there is no entry, or a first one whose maker died at once.
    const last = reading?.last ?? (await log.newest());
    const pulse = `${last} ${reading ? toOffset(reading.tail) : ""}`;
    const now = this.tools.now();
    const isSame = before?.pulse === pulse;
    const seen: Observation = {
      pulse,
      last,
      tail: reading?.tail,
      newest: reading?.settled ? reading.newest : undefined,
      isHandedOver: reading?.settled === true && reading.isHandedOver,
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
