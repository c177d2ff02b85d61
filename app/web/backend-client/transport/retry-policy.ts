import { type Call, isUnavailable, NoBackendError, type Outcome } from "./call";

/** As many as open the circuit. */
const MAX_ATTEMPTS = 5;

/** About three seconds with the pauses between: the time in which a pod is replaced. */
const MAX_PATIENT_ATTEMPTS = 8;

/** Pause before the second attempt; doubled for each one after. */
const BACKOFF_MS = 25;

/** Balances the calls that a killed process may take with it against the load of retries. */
const BURST = 200;

const PER_CALL = 0.2;

/** Limits retries to a fifth of all calls, so that they cannot overload a slow backend. */
export class RetryPolicy {
  private left = BURST;

  /** Call once for each first attempt. */
  earn(): void {
    this.left = Math.min(BURST, this.left + PER_CALL);
  }

  /** @returns The milliseconds before the next attempt; `undefined` if there must be none. */
  nextPause(
    call: Call,
    attempts: number,
    spentMs: number,
    outcome: Outcome,
  ): number | undefined {
    if ("answer" in outcome && !isUnavailable(outcome.answer)) return undefined;
    const isFailed = "error" in outcome;
    const isPatient = isFailed && call.isPatient === true;
    const isUnasked = isFailed && outcome.error instanceof NoBackendError;
    if (isUnasked && !isPatient) return undefined;
    const pauseMs =
      BACKOFF_MS * 2 ** (attempts - 1) * (0.5 + Math.random() / 2);
    const maxAttempts = isPatient ? MAX_PATIENT_ATTEMPTS : MAX_ATTEMPTS;
    if (attempts >= maxAttempts || spentMs + pauseMs >= call.deadlineMs)
      return undefined;
    // An open circuit cost the backend nothing.
    return isUnasked || this.spend() ? pauseMs : undefined;
  }

  private spend(): boolean {
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
