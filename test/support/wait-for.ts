import { type EventEmitter, once as onceInNode } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { withTimeout } from "../../app/core/runtime/async";

/** Set by jest.config.js and set-up-kind.js; absent in scripts, which wait for as long as it takes. */
declare const testKind:
  | undefined
  | {
      timeoutMs: number;
      /** Absent outside of a test, in hooks. */
      waitsEndAt?: number;
    };

const kind = () => (typeof testKind === "undefined" ? undefined : testKind);

const POLL_MS = 10;

/** Node's timers take no more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Far longer than any condition takes on a busy machine. */
const LONGEST_WAIT_MS = 60_000;

/** The end of a wait that begins now: before jest's time-out, so that its error names the condition. */
function deadline(): number {
  const now = performance.now();
  const { timeoutMs = Infinity, waitsEndAt = Infinity } = kind() ?? {};
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
  const leftMs = deadline() - performance.now();
  if (leftMs === Infinity) return iterator.next();
  return withTimeout(iterator.next(), leftMs, { error: () => inVain });
}

/**
 * As Node's function of this name, within the time of the running test.
 *
 * @throws Error before jest's time-out, which names the event.
 */
export const once: typeof onceInNode = (
  emitter: EventEmitter | EventTarget,
  event: string | symbol,
) => {
  const { timeoutMs = MAX_TIMER_MS, waitsEndAt } = kind() ?? {};
  const now = performance.now();
  const end = waitsEndAt ?? now + 0.8 * timeoutMs;
  const inVain = new Error(`Waited in vain for the event ${String(event)}`);
  const signal = AbortSignal.timeout(Math.max(0, Math.ceil(end - now)));
  const waited = onceInNode(emitter as EventEmitter, event, { signal }).catch(
    (error: unknown) => {
      throw signal.aborted ? inVain : error;
    },
  );
  // The test may look at it later, or not at all.
  waited.catch(() => undefined);
  return waited;
};
