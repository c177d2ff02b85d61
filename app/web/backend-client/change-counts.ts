import type { Kind } from "./relations";

/**
 * A session's counters of changes by kind of record. A cached record is valid under the counters
 * with which it was read.
 */
export class ChangeCounts {
  /** @param counts The counters in the session's values: changes to them are saved with it. */
  constructor(private readonly counts: () => Record<string, number>) {}

  add(kinds: readonly Kind[]): void {
    const counts = this.counts();
    for (const kind of kinds) {
      counts[kind] = (counts[kind] ?? 0) + randomIncrement();
    }
  }

  /** A key that differs after every change of one of the kinds. */
  keyOf(kinds: readonly Kind[]): string {
    const counts = this.counts();
    return kinds.map((kind) => counts[kind] ?? 0).join();
  }
}

/**
 * Two independent changes must never produce the same counter, or a stale cache entry would look
 * fresh.
 */
const randomIncrement = () => 1 + Math.floor(Math.random() * 2 ** 24);
