import { performance, type EventLoopUtilization } from "node:perf_hooks";

/** At rest. Balances the delay of new text against the cost of an update. */
const MIN_MS = 15;
/** At full load. A longer interval saves little, and text begins to jerk. */
const MAX_MS = 120;
/** Up to this share of busy time, a process counts as at rest. */
const REST = 0.05;
/** From this share on, it counts as fully loaded: it shares its processors with other processes. */
const FULL = 0.3;
/** Balances a quick response to load against the noise of short samples. */
const SAMPLE_MS = 200;

/** The shortest time between two updates of a stream, in milliseconds. */
export interface Interval {
  readonly ms: number;
}

/**
 * The time until the next update of a stream, in milliseconds. It is no longer than the stream's age:
 * what comes first is often no text yet, and the first text must not wait.
 *
 * @param begunAt By `performance.now()`.
 */
export const untilNext = (interval: Interval, begunAt: number): number =>
  Math.min(interval.ms, performance.now() - begunAt);

interface UpdateIntervalDeps {
  /** The share of time for which the event loop was busy since the last call, from 0 to 1. */
  utilization?: () => number;
  /** A monotonic clock in milliseconds. */
  now?: () => number;
}

/**
 * The interval between two updates of a stream. A stream costs most of its processor time for each
 * update, whatever its length, so the interval grows with the load of the process.
 */
export class UpdateInterval implements Interval {
  readonly #utilization: () => number;
  readonly #now: () => number;
  #sampledAt: number;
  #load = 0;

  constructor({
    utilization = sampleEventLoop(),
    now = () => performance.now(),
  }: UpdateIntervalDeps = {}) {
    this.#utilization = utilization;
    this.#now = now;
    this.#sampledAt = now();
  }

  get ms(): number {
    this.#sample();
    const share = (this.#load - REST) / (FULL - REST);
    return MIN_MS + (MAX_MS - MIN_MS) * Math.min(1, Math.max(0, share));
  }

  /** A sample counts by half, unless it is so long that the ones before are outdated. */
  #sample(): void {
    const elapsed = this.#now() - this.#sampledAt;
    if (elapsed < SAMPLE_MS) return;
    this.#sampledAt += elapsed;
    const weight = Math.max(0.5, Math.min(1, elapsed / (10 * SAMPLE_MS)));
    this.#load += (this.#utilization() - this.#load) * weight;
  }
}

function sampleEventLoop(): () => number {
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
