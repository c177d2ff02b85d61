import { setTimeout as sleep } from "node:timers/promises";

export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

/** Waits; an abort ends the wait early, without an error. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** A wait of one consumer, which can be ended early. Costs less than a signal for each wait. */
export class Delay {
  #end: (() => void) | undefined;

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end(), ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the present wait, if there is one. */
  end(): void {
    this.#end?.();
    this.#end = undefined;
  }
}

/**
 * The reason of an abort that is no fault, as `abort()` makes one. Shared, because each new one takes a
 * stack trace.
 */
export const NOT_NEEDED = new DOMException(
  "This operation was aborted",
  "AbortError",
);

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener("abort", resolve, { once: true });
  });
}

export interface TimeoutOptions {
  signal?: AbortSignal;
  /** Makes the error for a time-out; a {@link TimeoutError} by default. */
  error?: () => Error;
}

/**
 * Settles as the promise does, unless the time is over or the signal aborts first. Does not cancel
 * the work behind the promise: pass that the same signal.
 *
 * @throws The error of a time-out, or the signal's reason.
 */
export async function withTimeout<T>(
  promise: Promise<T>,
  ms: number,
  { signal, error }: TimeoutOptions = {},
): Promise<T> {
  const result = await firstOf(promise, ms, signal);
  if (result !== EARLY) return result;
  signal?.throwIfAborted();
  throw error?.() ?? new TimeoutError(`No result within ${ms} ms`);
}

/** The promise's result; `undefined` if the time is over or the signal aborts first. */
export async function resultWithin<T>(
  promise: Promise<T>,
  ms: number,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const result = await firstOf(promise, ms, signal);
  return result === EARLY ? undefined : result;
}

const nothing = () => undefined;

const EARLY = Symbol("early");

/** Leaves neither a timer nor a listener behind, even if the promise never settles. */
function firstOf<T>(
  promise: Promise<T>,
  ms: number,
  signal?: AbortSignal,
): Promise<T | typeof EARLY> {
  return new Promise((resolve, reject) => {
    const settle =
      <A>(end: (result: A) => void) =>
      (result: A) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
        end(result);
      };
    const stop = settle(() => resolve(EARLY));
    const timer = setTimeout(stop, ms);
    signal?.addEventListener("abort", stop);
    promise.then(settle(resolve), settle(reject));
    if (signal?.aborted) stop(undefined);
  });
}

/**
 * Iterates over a source until it ends or the signal aborts, even if the source ignores the abort.
 * The source's own signal aborts too when the consumer leaves early.
 *
 * @throws The signal's reason, or the source's error.
 */
export async function* abortable<T>(
  source: (signal: AbortSignal) => AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void> {
  signal.throwIfAborted();
  const inner = new AbortController();
  // A single listener for the whole iteration: racing each step against one promise would leak.
  let rejectStep: (reason: unknown) => void = nothing;
  const stop = () => {
    rejectStep(signal.reason);
    inner.abort(signal.reason);
  };
  signal.addEventListener("abort", stop);
  const iterator = source(inner.signal)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await new Promise<IteratorResult<T>>((resolve, reject) => {
        rejectStep = reject;
        iterator.next().then(resolve, reject);
      });
      if (step.done === true) return;
      signal.throwIfAborted();
      yield step.value;
      signal.throwIfAborted();
    }
  } finally {
    signal.removeEventListener("abort", stop);
    inner.abort(new Error("The consumer stopped reading."));
    leave(iterator);
  }
}

/** Passes on what a source yields, and `undefined` whenever it yields nothing for so long. */
export async function* withHeartbeats<T>(
  source: AsyncIterable<T>,
  everyMs: number,
): AsyncGenerator<T | undefined, void> {
  const iterator = source[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<T>> | undefined;
  try {
    for (;;) {
      next ??= iterator.next();
      const step = await resultWithin(next, everyMs);
      if (step?.done === true) return;
      if (step) next = undefined;
      yield step?.value;
    }
  } finally {
    leave(iterator);
  }
}

/** Ends an iteration. Not awaited: a source that hangs would hold up its consumer. */
export function leave(iterator: AsyncIterator<unknown>): void {
  iterator.return?.().catch(nothing);
}

/** A condition variable: waiters check their condition again after each notification. */
export class Condition {
  private readonly waiters = new Set<() => void>();

  /** Resolves at the next notification, or when the signal aborts. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.waiters.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.waiters.add(wake);
      signal?.addEventListener("abort", wake);
      if (signal?.aborted) wake();
    });
  }

  notifyAll(): void {
    for (const wake of this.waiters) wake();
  }
}
