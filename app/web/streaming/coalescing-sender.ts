import { setTimeout as sleep } from "node:timers/promises";
import type { StreamBody } from "./stream-body";

/** The largest share of a process's time that one stream may take. */
const DUTY = 0.1;
/** Shorter pauses are left out: the states of a reply in progress are at least as far apart. */
const SHORTEST_PAUSE_MS = 15;

/**
 * Sends updates no faster than the client accepts them and than their cost allows. Changes that
 * arrive meanwhile are sent as one update.
 */
export class CoalescingSender {
  #wanted = false;
  #running: Promise<void> | undefined;
  readonly #body: StreamBody;
  readonly #step: () => void;

  constructor(body: StreamBody, step: () => void) {
    this.#body = body;
    this.#step = step;
  }

  /** Sends an update soon. */
  schedule(): void {
    this.#wanted = true;
    if (!this.#body.signal.aborted) this.#running ??= this.#run();
  }

  /** Resolves when all scheduled updates are sent. */
  async flush(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#wanted && !this.#body.signal.aborted) {
        await this.#body.writable();
        this.#wanted = false;
        const begin = performance.now();
        this.#step();
        const interval = (performance.now() - begin) / DUTY;
        if (interval > SHORTEST_PAUSE_MS) {
          await sleep(interval, undefined, { ref: false });
        }
      }
    } finally {
      // Together with the last look at `#wanted`: an update that is scheduled later is not lost.
      this.#running = undefined;
    }
  }
}
