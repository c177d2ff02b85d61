import type { Heartbeat } from "../../../core/storage/layout/active-reply-index";

/** Balances how often each reply is looked at against how many may die at once and be noticed. */
const OBSERVERS = 3;

interface Seen {
  /** Of the process's name. */
  hash: number;
  count: number;
  /** What was there when this process came may have been dead for long: it counts once it changes. */
  isAlive: boolean;
  /** For how long this process has watched and seen no change, in milliseconds. */
  quietMs: number;
}

/**
 * Who looks after which reply: a few of the processes that give signs of life, the same few for
 * everybody who sees the same signs (by rendezvous hashing), so that a process that comes or goes
 * changes little.
 *
 * Where the views differ some reply is looked after by more or by others; should nobody watch one
 * for a while, it is taken over that much later. It is never what makes taking over safe.
 */
export class MonitorAssignment {
  private readonly others = new Map<string, Seen>();
  private readonly hash: number;
  private seenAt: number | undefined;

  /**
   * @param self This process, which always counts.
   * @param leaseMs After so long without a sign of life a process doesn't count.
   * @param now Milliseconds, never set back.
   */
  constructor(
    private readonly self: string,
    private readonly leaseMs: number,
    private readonly now: () => number,
  ) {
    this.hash = hashOf(self);
  }

  /**
   * Takes in all signs of life that there are now.
   *
   * @returns Those that have been without change for so long that they can be removed.
   */
  see(beats: readonly Heartbeat[]): Heartbeat[] {
    const now = this.now();
    // A gap between two looks is time in which nothing was watched.
    const passedMs = Math.min(now - (this.seenAt ?? now), this.leaseMs / 2);
    const isFirst = this.seenAt === undefined;
    this.seenAt = now;
    const counts = new Map<string, number>();
    for (const { process, count } of beats) {
      counts.set(process, Math.max(count, counts.get(process) ?? 0));
    }
    for (const process of this.others.keys()) {
      if (!counts.has(process)) this.others.delete(process);
    }
    return beats.filter(({ process, count }) => {
      if (count !== counts.get(process)) return true;
      if (process === this.self) return false;
      const before = this.others.get(process);
      const isSame = before?.count === count;
      const quietMs = isSame ? before.quietMs + passedMs : 0;
      const isAlive = isSame
        ? before.isAlive && quietMs < this.leaseMs
        : before !== undefined || !isFirst;
      const hash = before?.hash ?? hashOf(process);
      this.others.set(process, { hash, count, isAlive, quietMs });
      return quietMs > LEFT_BEHIND * this.leaseMs;
    });
  }

  /** Whether this process is one of those that look after something of this name. */
  watches(name: string): boolean {
    const hash = hashOf(name);
    const own = mixed(hash, this.hash);
    let before = 0;
    for (const other of this.others.values()) {
      if (other.isAlive && mixed(hash, other.hash) > own) before++;
    }
    return before < OBSERVERS;
  }
}

/** In leases: far more than any process is frozen for that comes back. */
const LEFT_BEHIND = 15;

/** FNV-1a: there are names times processes of it in each round, so it must be quick. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** One number of two, each bit of which depends on all of both. */
function mixed(one: number, other: number): number {
  let hash = Math.imul(one ^ Math.imul(other, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
