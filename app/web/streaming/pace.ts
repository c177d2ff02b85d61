import {
  setImmediate as nextTurn,
  setTimeout as sleep,
} from "node:timers/promises";
import type { LiveBody } from "./live-body";

/** At most this part of a process's time goes into one stream. */
const DUTY = 0.1;
/** Faster than the eye can tell apart; slower models are passed on piece by piece. */
const MIN_INTERVAL_MS = 15;

/**
 * Runs a step whenever there is news, but no faster than the reader takes it and than its cost
 * allows: what comes meanwhile is sent together.
 */
export class Pace {
  #wanted = false;
  #running: Promise<void> | undefined;
  readonly #body: LiveBody;
  readonly #step: () => void;

  constructor(body: LiveBody, step: () => void) {
    this.#body = body;
    this.#step = step;
  }

  /** There is news. */
  wake(): void {
    this.#wanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when all news has been sent. */
  async settle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // What has already arrived goes out together, through however many hands it comes here: of what
    // somebody comes back to they must not be shown how it was a while ago.
    await nextTurn();
    while (this.#wanted && !this.#body.signal.aborted) {
      await this.#body.writable();
      this.#wanted = false;
      const begin = performance.now();
      this.#step();
      const cost = performance.now() - begin;
      await sleep(Math.max(MIN_INTERVAL_MS, cost / DUTY), undefined, {
        ref: false,
      });
    }
  }
}
