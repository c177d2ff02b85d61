import type { Steps } from "./steps";

/** Balances the delay of everything else in the process against the cost of a turn. */
const SLICE_MS = 10;

/**
 * Shares the event loop between long work and everything else: in each turn of the loop, one piece of
 * work runs for one slice of time. New work comes first, because most of it ends in its first slice.
 */
export class TimeSlices {
  readonly #new: (() => void)[] = [];
  readonly #begun: (() => void)[] = [];
  #isScheduled = false;
  readonly #sliceMs: number;

  constructor({ sliceMs = SLICE_MS }: { sliceMs?: number } = {}) {
    this.#sliceMs = sliceMs;
  }

  async run<T>(steps: Steps<T>): Promise<T> {
    await this.#turn(this.#new);
    let end = performance.now() + this.#sliceMs;
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      if (performance.now() < end) continue;
      await this.#turn(this.#begun);
      end = performance.now() + this.#sliceMs;
    }
  }

  #turn(queue: (() => void)[]): Promise<void> {
    return new Promise((resolve) => {
      queue.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const next = this.#new.shift() ?? this.#begun.shift();
      next?.();
      if (this.#new.length + this.#begun.length > 0) this.#schedule();
    });
  }
}
