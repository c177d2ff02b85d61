/**
 * Keeps retries a small part of all calls, or they would finish off a backend that is only slow.
 * The burst is what a killed backend may take with it at once.
 */
export class RetryBudget {
  private left: number;

  constructor(
    private readonly burst = 200,
    private readonly perCall = 0.2,
  ) {
    this.left = burst;
  }

  /** A first attempt was made. */
  earn(): void {
    this.left = Math.min(this.burst, this.left + this.perCall);
  }

  /** @returns Whether one more attempt may be made. */
  spend(): boolean {
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
