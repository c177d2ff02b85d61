import { messageOf } from "./message-of";
import type { Check, Finding, Outcome, Subject } from "./check";

/** Above the longest check, which reads a silent stream and waits for another pod. */
const CHECK_TIMEOUT_MS = 180_000;

/**
 * Runs checks one after another, since some measure times. A check that throws is a failure.
 *
 * @param onFinding Called with each finding at once.
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
        seen: `The check could not finish: ${messageOf(error)}`,
        todo: "Fix the reported problem and run preflight again.",
      },
    ];
  }
}

export const passes = (findings: Finding[]): boolean =>
  findings.every(({ status }) => status !== "failure");
