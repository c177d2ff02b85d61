import { LRUCache } from "lru-cache";

export interface RateLimitOptions {
  perMinute: number;
  /** Monotonic, in milliseconds. */
  now: () => number;
}

/** Bounds the memory. A forgotten client counts as an unknown one. */
const CLIENTS = 50_000;

/** The part of a minute's requests that may come at once: tabs that a browser restores, a class. */
const AT_ONCE = 1 / 4;

/**
 * How often each client may do something. Requests are spread over time as in a leaky bucket (GCRA),
 * so that there is no window whose end can be waited for.
 */
export class RateLimit {
  /** When each client's bucket will be empty again. */
  private readonly emptyAt = new LRUCache<string, number>({ max: CLIENTS });
  private readonly intervalMs: number;
  private readonly capacityMs: number;

  constructor(private readonly options: RateLimitOptions) {
    this.intervalMs = 60_000 / options.perMinute;
    const atOnce = Math.max(1, Math.floor(options.perMinute * AT_ONCE));
    this.capacityMs = atOnce * this.intervalMs;
  }

  /** Counts a request. @returns Milliseconds to wait if it is one too many, which doesn't count. */
  take(client: string): number {
    const now = this.options.now();
    const emptyAt = Math.max(now, this.emptyAt.get(client) ?? 0);
    const next = emptyAt + this.intervalMs;
    const excessMs = next - now - this.capacityMs;
    // Sums of fractions differ by less than a millisecond.
    if (excessMs > 1) return excessMs;
    this.emptyAt.set(client, next);
    return 0;
  }
}
