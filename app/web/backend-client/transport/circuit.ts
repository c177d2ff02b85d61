/** Consecutive failures after which the circuit opens. */
const TOLERATED_FAILURES = 4;

/** Time it stays open: at first, doubled with each failed trial, up to the maximum. */
const FIRST_OPEN_MS = 250;
const MAX_OPEN_MS = 5_000;

/**
 * Circuit breaker: opens after consecutive failures, then admits one trial call at a time until
 * one succeeds.
 */
export class Circuit {
  private failures = 0;
  private openUntil = 0;
  private openMs = FIRST_OPEN_MS;
  private isTrying = false;

  /** @param now Monotonic, in milliseconds. */
  constructor(private readonly now: () => number) {}

  /** @returns False if the call must not be made. Otherwise its outcome must be reported. */
  tryEnter(): boolean {
    if (this.openUntil === 0) return true;
    if (this.isTrying || this.now() < this.openUntil) return false;
    this.isTrying = true;
    return true;
  }

  succeeded(): void {
    this.failures = 0;
    this.openUntil = 0;
    this.openMs = FIRST_OPEN_MS;
    this.isTrying = false;
  }

  failed(): void {
    this.failures += 1;
    const isOpen = this.openUntil !== 0;
    // Failures of calls that were in flight when it opened are no news.
    if (isOpen ? !this.isTrying : this.failures <= TOLERATED_FAILURES) return;
    this.isTrying = false;
    // Jitter: the pods of web must not all try again at the same moment.
    this.openUntil = this.now() + this.openMs * (0.75 + Math.random() / 2);
    this.openMs = Math.min(2 * this.openMs, MAX_OPEN_MS);
  }

  /** The call ended without a result, for example because the client disconnected. */
  abandoned(): void {
    this.isTrying = false;
  }
}
