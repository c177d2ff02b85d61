/** How long a backend that failed is left alone: the first time, and at most. */
const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/**
 * Keeps calls from a backend that is dead: open after some failures in a row, it lets one call
 * through now and then, whose success closes it.
 */
export class Circuit {
  private failures = 0;
  private openUntil = 0;
  private openMs = FIRST_MS;
  private isTrying = false;

  /** @param now Milliseconds, never set back. */
  constructor(private readonly now: () => number) {}

  /** Whether a call may be made now. */
  get allows(): boolean {
    if (this.openUntil === 0) return true;
    return !this.isTrying && this.now() >= this.openUntil;
  }

  /** A call is made. */
  begin(): void {
    this.isTrying = this.openUntil !== 0;
  }

  succeeded(): void {
    this.failures = 0;
    this.openUntil = 0;
    this.openMs = FIRST_MS;
    this.isTrying = false;
  }

  /** @param tolerated How many failures in a row, before this, leave it closed. */
  failed(tolerated: number): void {
    this.failures += 1;
    // Calls that were under way when it opened tell nothing new.
    const isOpen = this.openUntil !== 0 && !this.isTrying;
    if (isOpen || (this.failures <= tolerated && !this.isTrying)) return;
    this.isTrying = false;
    // Not all pods should try again at the same moment.
    this.openUntil = this.now() + this.openMs * (0.75 + Math.random() / 2);
    this.openMs = Math.min(2 * this.openMs, LONGEST_MS);
  }

  /** The call ended without telling anything of the backend: its caller went away. */
  abandoned(): void {
    this.isTrying = false;
  }
}
