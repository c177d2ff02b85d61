import type { Steps } from "./steps";

/** Balances the delay of everything else in the process against the cost of a turn. */
const SLICE_MS = 10;

/**
 * Shares the event loop between long work and everything else. In each turn of the loop, pieces of
 * work share one slice of time. In turns, new work or begun work comes first: most new work ends in its
 * first slice, and begun work must end even if new work never stops coming.
 */
export class TimeSlices {
  readonly #new: Resume[] = [];
  readonly #begun: Resume[] = [];
  readonly #sliceMs: number;
  #end = 0;
  #isScheduled = false;
  #begunFirst = false;

  constructor({ sliceMs = SLICE_MS }: { sliceMs?: number } = {}) {
    this.#sliceMs = sliceMs;
  }

  async run<T>(steps: Steps<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const resume = (): boolean => {
        try {
          for (;;) {
            const step = steps.next();
            if (step.done) {
              resolve(step.value);
              return true;
            }
            if (performance.now() >= this.#end) return false;
          }
        } catch (error) {
          reject(error);
          return true;
        }
      };
      this.#new.push(resume);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#work();
      if (this.#new.length + this.#begun.length > 0) this.#schedule();
    });
  }

  #work(): void {
    this.#end = performance.now() + this.#sliceMs;
    this.#begunFirst = !this.#begunFirst;
    do {
      const resume = this.#next();
      if (!resume) return;
      if (!resume()) this.#begun.push(resume);
    } while (performance.now() < this.#end);
  }

  #next(): Resume | undefined {
    const [first, second] = this.#begunFirst
      ? [this.#begun, this.#new]
      : [this.#new, this.#begun];
    return first.shift() ?? second.shift();
  }
}

/** Continues a piece of work until it or the slice ends. @returns True if the work has ended. */
type Resume = () => boolean;
