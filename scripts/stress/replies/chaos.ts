import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster, Member } from "./cluster";

export interface Injection {
  /** Milliseconds since the start. */
  atMs: number;
  process: string;
  kind: string;
}

export interface ChaosOptions {
  /** The same seed injects the same faults in the same order. */
  seed: number;
  /** Minimum duration; extended until enough faults were injected. */
  ms: number;
  /** Average time between two faults. */
  everyMs: number;
  leaseMs: number;
}

const MIN_INJECTIONS = 5;

/** Kills, terminates and freezes processes at random, and restarts them. */
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
      this.inject();
    }
    await Promise.all(this.repairs);
    await Promise.all(this.cluster.members.map((member) => member.whenReady()));
  }

  private inject(): void {
    const { members } = this.cluster;
    const member = members[Math.floor(this.random() * members.length)];
    const kind = this.random();
    const pauseMs = this.random();
    // The numbers are drawn first, so that a seed repeats the sequence.
    if (!member?.isRunning || !member.isUp || member.isFrozen) return;
    if (kind < 0.45) this.repairs.push(this.kill(member, pauseMs * 1_500));
    else if (kind < 0.7) this.repairs.push(this.terminate(member));
    // A freeze during a drain would exceed the time limit of the drain.
    else if (!member.isDraining)
      this.repairs.push(this.freeze(member, pauseMs));
  }

  private async kill(member: Member, pauseMs: number): Promise<void> {
    this.note(member, "SIGKILL");
    member.kill("SIGKILL");
    await member.exited();
    await sleep(pauseMs);
    this.restart(member);
  }

  private async terminate(member: Member): Promise<void> {
    this.note(member, "SIGTERM");
    member.kill("SIGTERM");
    await member.exited();
    this.restart(member);
  }

  /** Between a quarter and twice the lease. */
  private async freeze(member: Member, share: number): Promise<void> {
    const ms = this.options.leaseMs * (0.25 + 1.75 * share);
    this.note(member, `SIGSTOP for ${Math.round(ms)} ms`);
    member.kill("SIGSTOP");
    await sleep(ms);
    member.kill("SIGCONT");
    this.note(member, "SIGCONT");
  }

  /** Once, even if the process was both terminated and killed. */
  private restart(member: Member): void {
    if (member.isRunning) return;
    this.note(member, "started");
    member.start();
  }

  private note(member: Member, kind: string): void {
    const atMs = Math.round(performance.now() - this.begun);
    this.injections.push({ atMs, process: member.name, kind });
  }
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
