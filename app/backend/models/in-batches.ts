import { Condition, Delay, leave } from "../../core/runtime/async";
import { type Interval, untilNext } from "../../core/runtime/update-interval";

/** More items than this are passed on without a wait, and the source waits until they are taken. */
const MAX_HELD = 64;

/**
 * Yields together what a source sends within an interval, because all later steps cost processor time
 * for each piece. The first items and the source's end are passed on at once.
 *
 * @throws The source's error, after all items before it.
 */
export async function* inBatches<T>(
  source: AsyncIterable<T>,
  interval: Interval,
): AsyncGenerator<T[], void> {
  const held = new HeldItems(source);
  let begunAt = Infinity;
  let dueAt = -Infinity;
  try {
    while (await held.untilAny()) {
      await held.untilDue(dueAt - performance.now());
      const now = performance.now();
      begunAt = Math.min(begunAt, now);
      dueAt = now + untilNext(interval, begunAt);
      yield held.take();
    }
  } finally {
    held.stop();
  }
}

/** Reads a source ahead of its consumer. */
class HeldItems<T> {
  #items: T[] = [];
  #isOver = false;
  #failure: { error: unknown } | undefined;
  readonly #iterator: AsyncIterator<T>;
  readonly #added = new Condition();
  readonly #taken = new Condition();
  readonly #delay = new Delay();

  constructor(source: AsyncIterable<T>) {
    this.#iterator = source[Symbol.asyncIterator]();
    void this.#read();
  }

  /** @returns False at the end. */
  async untilAny(): Promise<boolean> {
    while (this.#items.length === 0) {
      if (this.#failure) throw this.#failure.error;
      if (this.#isOver) return false;
      await this.#added.wait();
    }
    return true;
  }

  /** Waits for this time, unless the source is at its end or there is no more room. */
  async untilDue(ms: number): Promise<void> {
    if (ms > 0 && !this.#mustNotWait) await this.#delay.wait(ms);
  }

  take(): T[] {
    const items = this.#items;
    this.#items = [];
    this.#taken.notifyAll();
    return items;
  }

  stop(): void {
    this.#isOver = true;
    this.#taken.notifyAll();
    leave(this.#iterator);
  }

  get #mustNotWait(): boolean {
    return this.#isOver || this.#items.length >= MAX_HELD;
  }

  async #read(): Promise<void> {
    try {
      while (!this.#isOver) {
        const next = await this.#iterator.next();
        if (next.done === true) break;
        this.#items.push(next.value);
        this.#tell();
        while (this.#mustNotWait && !this.#isOver) await this.#taken.wait();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#isOver = true;
    this.#tell();
  }

  #tell(): void {
    this.#added.notifyAll();
    if (this.#mustNotWait) this.#delay.end();
  }
}
