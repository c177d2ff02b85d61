import type { Kind } from "./relations";

/** A value in a cookie of the visitor's browser, which each message replaces by a random one. */
export interface BrowserMark {
  readonly value: string;
  renew: () => void;
}

/**
 * Tells whether cached records are still right: a session's counters of changes by kind of record, and the
 * mark of the browser. A cached record is valid under the counters and the mark with which it was read.
 *
 * A message only renews the mark. The session then need not be saved, and the response need not wait for it.
 */
export class ChangeCounts {
  /** @param counts The counters in the session's values: changes to them are saved with it. */
  constructor(
    private readonly counts: () => Record<string, number>,
    private readonly mark: BrowserMark,
  ) {}

  add(kinds: readonly Kind[]): void {
    const counts = this.counts();
    for (const kind of kinds) {
      counts[kind] = (counts[kind] ?? 0) + randomIncrement();
    }
  }

  /** Outdates all records that were read before, for this browser alone. */
  renewMark(): void {
    this.mark.renew();
  }

  /** A key that differs after every change of one of the kinds. */
  keyOf(kinds: readonly Kind[]): string {
    const counts = this.counts();
    const counted = kinds.map((kind) => counts[kind] ?? 0);
    return [...counted, this.mark.value].join();
  }
}

/**
 * Two independent changes must never produce the same counter, or a stale cache entry would look
 * fresh.
 */
const randomIncrement = () => 1 + Math.floor(Math.random() * 2 ** 24);
