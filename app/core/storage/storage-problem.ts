import { sentence } from "../texts/catalogue";
import type { Sentence } from "../texts/translation";
import { errorCode } from "../runtime/errors";

/** A file system error in words that a visitor may see. */
export interface StorageProblem {
  /** 507 if the operator must act, 503 if the problem may pass. */
  status: 503 | 507;
  /** `the server's storage is full` */
  reason: Sentence;
  advice: Sentence;
}

const FULL: StorageProblem = {
  status: 507,
  reason: sentence("storage.full"),
  advice: sentence("storage.freeSpace"),
};

const READ_ONLY: StorageProblem = {
  status: 507,
  reason: sentence("storage.readOnly"),
  advice: sentence("storage.makeWritable"),
};

const FORBIDDEN: StorageProblem = {
  status: 507,
  reason: sentence("storage.forbidden"),
  advice: sentence("storage.fixPermissions"),
};

const SOON = sentence("storage.inAMinute");

const FAILING: StorageProblem = {
  status: 503,
  reason: sentence("storage.failing"),
  advice: SOON,
};

const SILENT: StorageProblem = {
  status: 503,
  reason: sentence("storage.silent"),
  advice: SOON,
};

const problems = new Map([
  ["ENOSPC", FULL],
  ["EDQUOT", FULL],
  ["EROFS", READ_ONLY],
  ["EACCES", FORBIDDEN],
  ["EPERM", FORBIDDEN],
  ["EIO", FAILING],
  ["ESTALE", FAILING],
  ["ETIMEDOUT", SILENT],
]);

/**
 * Translates a file system error, or an error that it caused, for visitors. Web and backend use the
 * same words for the same fault.
 *
 * @returns `undefined` for any other error.
 */
export function storageProblemOf(error: unknown): StorageProblem | undefined {
  const problem = problems.get(errorCode(error) ?? "");
  if (problem && !isOfConnection(error)) return problem;
  // Not `instanceof Error`: system errors may come from another realm.
  if (typeof error !== "object" || error === null) return undefined;
  return "cause" in error ? storageProblemOf(error.cause) : undefined;
}

/** Errors of connections share some of these codes (ETIMEDOUT, EACCES). */
const isOfConnection = (error: unknown) =>
  typeof error === "object" &&
  error !== null &&
  "syscall" in error &&
  error.syscall === "connect";
