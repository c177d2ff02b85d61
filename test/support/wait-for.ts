import { setTimeout as sleep } from "node:timers/promises";
import { withTimeout } from "../../app/core/runtime/async";

/** Set by jest.config.js and set-up-kind.js. */
declare const testKind: {
  timeoutMs: number;
  /** Absent outside of a test, in hooks. */
  waitsEndAt?: number;
};

const POLL_MS = 10;

/** Far longer than any condition takes on a busy machine. */
const LONGEST_WAIT_MS = 60_000;

/** The end of a wait that begins now: before jest's time-out, so that its error names the condition. */
function deadline(): number {
  const now = performance.now();
  const { timeoutMs, waitsEndAt = Infinity } = testKind;
  const isLong = timeoutMs > 150_000;
  const patienceMs = 0.8 * timeoutMs;
  const longestMs = isLong ? patienceMs : Math.min(patienceMs, LONGEST_WAIT_MS);
  return Math.min(now + longestMs, waitsEndAt);
}

/**
 * Polls until the result is truthy.
 *
 * @throws Error after a time-out, which names the condition by its source text.
 */
export async function waitFor<T>(
  ask: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const inVain = new Error(`Waited in vain for ${ask.toString()}`);
  const until = deadline();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > until) throw inVain;
    await sleep(POLL_MS);
  }
}

/**
 * Repeats expectations until all are met.
 *
 * @throws The last failure, after a time-out.
 */
export async function expectEventually(
  look: () => Promise<void>,
): Promise<void> {
  const until = deadline();
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    await sleep(POLL_MS);
  }
}

/**
 * The next value of an iteration.
 *
 * @throws Error after a time-out, which says what was awaited.
 */
export async function nextOf<T>(
  iterator: AsyncIterator<T>,
  what: string,
): Promise<IteratorResult<T>> {
  const inVain = new Error(`Waited in vain for ${what}`);
  return withTimeout(iterator.next(), deadline() - performance.now(), {
    error: () => inVain,
  });
}
