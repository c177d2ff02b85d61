import { errorCode } from "../runtime/errors";

/** What anybody may be told of an error of the file system. */
export interface StorageProblem {
  /** 507 where somebody has to do something first, 503 where it may pass by itself. */
  status: 503 | 507;
  /** `the server's storage is full` */
  reason: string;
  /** A sentence. */
  advice: string;
}

const later = (remedy: string) =>
  `Please try again later; whoever runs this server must ${remedy}.`;

const FULL: StorageProblem = {
  status: 507,
  reason: "the server's storage is full",
  advice: later("make room"),
};

const READ_ONLY: StorageProblem = {
  status: 507,
  reason: "the server's storage can only be read",
  advice: later("look after it"),
};

const FORBIDDEN: StorageProblem = {
  status: 507,
  reason: "the server may not write to its storage",
  advice: later("allow it"),
};

const SOON = "Please try again in a minute.";

const FAILING: StorageProblem = {
  status: 503,
  reason: "the server's storage reports an error",
  advice: SOON,
};

const SILENT: StorageProblem = {
  status: 503,
  reason: "the server's storage does not answer",
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
 * What an error of the file system, or one that such an error caused, tells the visitor: web and
 * backend say the same of the same disk.
 *
 * @returns `undefined` if it is no such error, or one that says nothing to anybody.
 */
export function storageProblemOf(error: unknown): StorageProblem | undefined {
  const problem = problems.get(errorCode(error) ?? "");
  if (problem && !isOfConnection(error)) return problem;
  // Not `instanceof Error`: the system's errors may be of another realm.
  if (typeof error !== "object" || error === null) return undefined;
  return "cause" in error ? storageProblemOf(error.cause) : undefined;
}

/** A connection has some of these codes, too (ETIMEDOUT, EACCES). */
const isOfConnection = (error: unknown) =>
  typeof error === "object" &&
  error !== null &&
  "syscall" in error &&
  error.syscall === "connect";
