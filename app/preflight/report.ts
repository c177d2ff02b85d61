import type { Finding, Status } from "./check";

const marks: Record<Status, string> = {
  ok: "ok      ",
  warning: "WARNING ",
  failure: "FAILURE ",
  skipped: "skipped ",
};

/** A finding for people: one line if all is well, otherwise also why it matters and what to do. */
export function asText({ status, check, seen, why, todo }: Finding): string {
  const line = `${marks[status]} ${check}: ${seen}`;
  if (status === "ok" || status === "skipped") return line;
  return `${line}\n          why: ${why}\n          do:  ${todo}`;
}

/** The closing line. */
export function summary(findings: Finding[]): string {
  const count = (status: Status) =>
    findings.filter((finding) => finding.status === status).length;
  return `${count("ok")} ok, ${count("warning")} warnings, ${count("failure")} failures, ${count("skipped")} skipped`;
}

/** The whole report for programs. */
export function asJson(findings: Finding[], passed: boolean): string {
  return JSON.stringify({ format: 1, passed, findings }, null, 2);
}
