import type { Heartbeat } from "../../../core/storage/layout/heartbeats";

/** Balances how often each reply is inspected against how many processes may die at once. */
const MONITORS = 3;

/** In leases: far more than any process is frozen for that resumes. */
const REMOVE_AFTER_LEASES = 15;

/**
 * Assigns each reply to three live processes by rendezvous hashing. Processes that see the same
 * heartbeats agree, and a join or a leave moves few assignments.
 *
 * Where views differ, a reply has more or other monitors, or is taken over later. Safety never
 * depends on it.
 */
export class MonitorAssignment {
  /** The other processes by name. */
  private readonly peers = new Map<
    string,
    {
      /** Hash of the name. */
      hash: number;
      count: number;
      /** A heartbeat that was there before this process counts only once it changes. */
      isAlive: boolean;
      /** Time without a new heartbeat, as seen by this process. */
      quietMs: number;
    }
  >();
  private readonly hash: number;
  private seenAt: number | undefined;

  /**
   * @param self This process, which always counts as alive.
   * @param leaseMs A process without a new heartbeat for so long does not count.
   * @param now Milliseconds of a monotonic clock.
   */
  constructor(
    private readonly self: string,
    private readonly leaseMs: number,
    private readonly now: () => number,
  ) {
    this.hash = hashOf(self);
  }

  /**
   * Takes in all heartbeats that exist now.
   *
   * @returns Those that can be removed: superseded, or unchanged for many leases.
   */
  update(heartbeats: readonly Heartbeat[]): Heartbeat[] {
    const now = this.now();
    // Caps the gap between two scans, in which this process may have been frozen.
    const passedMs = Math.min(now - (this.seenAt ?? now), this.leaseMs / 2);
    const isFirst = this.seenAt === undefined;
    this.seenAt = now;
    const counts = new Map<string, number>();
    for (const { process, count } of heartbeats) {
      counts.set(process, Math.max(count, counts.get(process) ?? 0));
    }
    for (const process of this.peers.keys()) {
      if (!counts.has(process)) this.peers.delete(process);
    }
    return heartbeats.filter(({ process, count }) => {
      if (count !== counts.get(process)) return true;
      if (process === this.self) return false;
      const before = this.peers.get(process);
      const isSame = before?.count === count;
      const quietMs = isSame ? before.quietMs + passedMs : 0;
      const isAlive = isSame
        ? before.isAlive && quietMs < this.leaseMs
        : before !== undefined || !isFirst;
      const hash = before?.hash ?? hashOf(process);
      this.peers.set(process, { hash, count, isAlive, quietMs });
      return quietMs > REMOVE_AFTER_LEASES * this.leaseMs;
    });
  }

  /** True if this process is a monitor of the reply. */
  monitors(reply: string): boolean {
    const hash = hashOf(reply);
    const own = mix(hash, this.hash);
    let before = 0;
    for (const peer of this.peers.values()) {
      if (peer.isAlive && mix(hash, peer.hash) > own) before++;
    }
    return before < MONITORS;
  }
}

/** FNV-1a, because each scan hashes every reply for every process. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** Combines two hashes so that each bit depends on all bits of both. */
function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
