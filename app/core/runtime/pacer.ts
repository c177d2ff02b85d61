import {
  setImmediate as yieldToOthers,
  setTimeout as sleep,
} from "node:timers/promises";

/** Work without a pause. Balances how long others wait against the cost of a timer. */
const MAX_BUSY_MS = 5;

/**
 * Runs short pieces of work one after another, and pauses for as long as they took. All the work of
 * one pacer takes at most half of the process's time, however many ask for it.
 */
export class Pacer {
  private last: Promise<unknown> = Promise.resolve();
  private busyMs = 0;

  run<T>(work: () => T): Promise<T> {
    const result = this.last.then(() => this.measure(work));
    this.last = result.then(
      () => this.rest(),
      () => this.rest(),
    );
    return result;
  }

  private measure<T>(work: () => T): T {
    const begun = performance.now();
    try {
      return work();
    } finally {
      this.busyMs += performance.now() - begun;
    }
  }

  private async rest(): Promise<void> {
    if (this.busyMs < MAX_BUSY_MS) {
      await yieldToOthers();
      return;
    }
    const ms = this.busyMs;
    this.busyMs = 0;
    await sleep(ms);
  }
}
