import { setTimeout as sleep } from "node:timers/promises";

/** The answers of a process that go on for long, so that a drain can end them. */
export class LiveStreams {
  private readonly ends = new Set<() => void>();
  private isLeaving = false;
  private hasLeft = false;

  get size(): number {
    return this.ends.size;
  }

  /**
   * Registers an answer.
   *
   * @param end Tells its reader to come again, and ends it; called at most once.
   * @returns To be called when it has ended by itself.
   */
  add(end: () => void): () => void {
    if (this.hasLeft) setImmediate(end);
    else this.ends.add(end);
    return () => this.ends.delete(end);
  }

  /**
   * Ends all, one after another, so that those who come again don't do so all at once. What is
   * added afterwards has its turn too.
   *
   * @param overMs Over how many milliseconds.
   */
  async leave(overMs: number): Promise<void> {
    if (this.isLeaving) return;
    this.isLeaving = true;
    const until = performance.now() + overMs;
    for (;;) {
      const leftMs = until - performance.now();
      if (leftMs <= 0) break;
      const pauseMs = Math.min(leftMs, leftMs / (this.ends.size + 1), STEP_MS);
      await sleep(pauseMs);
      this.endOne();
    }
    this.hasLeft = true;
    while (this.ends.size > 0) this.endOne();
  }

  private endOne(): void {
    const [end] = this.ends;
    if (!end) return;
    this.ends.delete(end);
    end();
  }
}

/** How late one that was added meanwhile is noticed. */
const STEP_MS = 100;
