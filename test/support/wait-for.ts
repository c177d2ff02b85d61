import { setTimeout as sleep } from "node:timers/promises";

/** Set by jest.config.js. */
declare const testKind: { timeoutMs: number };

const POLL_MS = 10;
/** Earlier than jest gives the test up, so that the error says what was missing. */
const GIVE_UP_MS = 0.8 * testKind.timeoutMs;

/**
 * Asks again and again, until the answer is something.
 *
 * @throws Error when it took far too long.
 */
export async function waitFor<T>(
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  const until = performance.now() + GIVE_UP_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > until) throw new Error("Waited in vain.");
    await sleep(POLL_MS);
  }
}

/**
 * Looks again and again at what may still be on its way, until every expectation is met.
 *
 * @throws What the last look found, when it took far too long.
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
