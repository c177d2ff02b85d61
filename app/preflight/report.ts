import type { Finding, Status } from "./check";

const marks: Record<Status, string> = {
  ok: "ok      ",
  warning: "WARNING ",
  failure: "FAILURE ",
  skipped: "skipped ",
};

/** A finding as text; a problem includes its effect and a remedy. */
export function asText({ status, check, seen, why, todo }: Finding): string {
  const line = `${marks[status]} ${check}: ${seen}`;
  if (status === "ok" || status === "skipped") return line;
  return `${line}\n          why: ${why}\n          do:  ${todo}`;
}

export function summary(findings: Finding[]): string {
  const count = (status: Status) =>
    findings.filter((finding) => finding.status === status).length;
  return `${count("ok")} ok, ${count("warning")} warnings, ${count("failure")} failures, ${count("skipped")} skipped`;
}

export function asJson(findings: Finding[], passed: boolean): string {
  return JSON.stringify({ format: 1, passed, findings }, null, 2);
}
