import { messageOf } from "./message-of";
import type { Check, Finding, Outcome, Subject } from "./check";

/** Above the longest check, which watches a silent stream and waits for a peer's pod. */
const CHECK_TIMEOUT_MS = 180_000;

/**
 * Runs checks one after another, since some measure times.
 *
 * @param onFinding Told of each finding at once.
 * @returns All findings. A check that throws is a finding too: never an exception.
 */
export async function runChecks(
  checks: Check[],
  subject: Omit<Subject, "signal">,
  signal: AbortSignal,
  onFinding: (finding: Finding) => void = () => {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    if (signal.aborted) break;
    for (const outcome of await outcomesOf(check, subject, signal)) {
      const finding = { check: check.name, why: check.why, ...outcome };
      findings.push(finding);
      onFinding(finding);
    }
  }
  return findings;
}

async function outcomesOf(
  check: Check,
  subject: Omit<Subject, "signal">,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const limit = AbortSignal.any([
    signal,
    AbortSignal.timeout(CHECK_TIMEOUT_MS),
  ]);
  try {
    return [await check.run({ ...subject, signal: limit })].flat();
  } catch (error) {
    return [
      {
        status: "failure",
        seen: `The check itself could not finish: ${messageOf(error)}`,
        todo: "Mend what the message names, and run it again.",
      },
    ];
  }
}

/** Whether a pipeline may go on. */
export const passes = (findings: Finding[]): boolean =>
  findings.every(({ status }) => status !== "failure");
