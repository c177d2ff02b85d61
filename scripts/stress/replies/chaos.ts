import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster, Member } from "./cluster";

/** An injected fault: its kind, its target, and the milliseconds since the start. */
export interface Injection {
  atMs: number;
  process: string;
  kind: string;
}

export interface ChaosOptions {
  /** The same seed injects the same faults in the same order. */
  seed: number;
  /** Duration in milliseconds; longer if most processes were down already. */
  ms: number;
  /** Average milliseconds between two faults. */
  everyMs: number;
  leaseMs: number;
}

const MIN_INJECTIONS = 5;

/** Kills, ends and freezes processes at random, and brings them back. */
export class Chaos {
  readonly injections: Injection[] = [];
  private readonly random: () => number;
  private readonly repairs: Promise<void>[] = [];
  private readonly begun = performance.now();

  constructor(
    private readonly cluster: Cluster,
    private readonly options: ChaosOptions,
  ) {
    this.random = seeded(options.seed);
  }

  async run(): Promise<void> {
    const { ms, everyMs } = this.options;
    const isShort = () => performance.now() - this.begun < ms;
    while (isShort() || this.injections.length < MIN_INJECTIONS) {
      await sleep(everyMs * (0.5 + this.random()));
      this.strike();
    }
    await Promise.all(this.repairs);
    await Promise.all(this.cluster.members.map((member) => member.whenReady()));
  }

  private strike(): void {
    const { members } = this.cluster;
    const member = members[Math.floor(this.random() * members.length)];
    const kind = this.random();
    const pauseMs = this.random();
    // A process that is down is skipped, but the numbers are drawn, so that a seed repeats.
    if (!member?.isRunning || !member.isUp || member.isFrozen) return;
    if (kind < 0.45) this.repairs.push(this.killed(member, pauseMs * 1_500));
    else if (kind < 0.7) this.repairs.push(this.told(member));
    // A freeze during a drain takes the time that the drain needs.
    else if (!member.isEnding) this.repairs.push(this.frozen(member, pauseMs));
  }

  private async killed(member: Member, pauseMs: number): Promise<void> {
    this.note(member, "SIGKILL");
    member.kill("SIGKILL");
    await member.ended();
    await sleep(pauseMs);
    this.revive(member);
  }

  private async told(member: Member): Promise<void> {
    this.note(member, "SIGTERM");
    member.kill("SIGTERM");
    await member.ended();
    this.revive(member);
  }

  /** Freezes for between a fraction of a lease and two leases. */
  private async frozen(member: Member, share: number): Promise<void> {
    const ms = this.options.leaseMs * (0.25 + 1.75 * share);
    this.note(member, `SIGSTOP for ${Math.round(ms)} ms`);
    member.kill("SIGSTOP");
    await sleep(ms);
    member.kill("SIGCONT");
    this.note(member, "SIGCONT");
  }

  /** A process that was terminated and then killed is restarted once. */
  private revive(member: Member): void {
    if (member.isRunning) return;
    this.note(member, "started");
    member.start();
  }

  private note(member: Member, kind: string): void {
    const atMs = Math.round(performance.now() - this.begun);
    this.injections.push({ atMs, process: member.name, kind });
  }
}

/** Mulberry32: small, and good enough to choose victims. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
