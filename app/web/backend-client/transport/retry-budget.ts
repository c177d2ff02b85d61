/** Balances the calls that a killed process may take with it against the load of retries. */
const BURST = 200;

const PER_CALL = 0.2;

/** Limits retries to a fifth of all calls, so that they cannot overload a slow backend. */
export class RetryBudget {
  private left = BURST;

  /** Call once for each first attempt. */
  earn(): void {
    this.left = Math.min(BURST, this.left + PER_CALL);
  }

  /** @returns False if no retry may be made. */
  spend(): boolean {
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
