import { setTimeout as sleep } from "node:timers/promises";

/** Set by jest.config.js. */
declare const testKind: { timeoutMs: number };

const POLL_MS = 10;
/** Shorter than jest's time-out, so that the error names the missing condition. */
const GIVE_UP_MS = 0.8 * testKind.timeoutMs;

/**
 * Polls until the result is truthy.
 *
 * @throws Error after a time-out.
 */
export async function waitFor<T>(
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  const until = performance.now() + GIVE_UP_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > until) {
      throw new Error(`Waited in vain for ${ask.toString()}`);
    }
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
  const until = performance.now() + GIVE_UP_MS;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    await sleep(POLL_MS);
  }
}
