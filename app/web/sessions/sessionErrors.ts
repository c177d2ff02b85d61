import { errorCode } from "../../shared/errorCode";
import { VisibleError } from "../../shared/errors";

/** A session is there, maybe, but can't be read now: nobody gets another in its place. */
export class SessionNotReadError extends VisibleError {
  override readonly name = "SessionNotReadError";
  constructor(cause: unknown) {
    super(
      503,
      `Your session can't be read at the moment: ${reasonFor(cause)}. ` +
        "Nothing of it is lost. Please try again in a minute.",
      { cause },
    );
  }
}

/** What a request changed in a session could not be saved. What was saved before is as it was. */
export class SessionNotSavedError extends VisibleError {
  override readonly name = "SessionNotSavedError";
  constructor(cause: unknown) {
    super(
      503,
      `Your session could not be saved: ${reasonFor(cause)}. What was saved before is kept, ` +
        "but the page may not show your last change. Please try it again in a while.",
      { cause },
    );
  }
}

const reasons = new Map([
  ["ENOSPC", "the server's storage is full"],
  ["EDQUOT", "the server's storage is full"],
  ["EROFS", "the server's storage can only be read"],
  ["EACCES", "the server may not write to its storage"],
  ["EPERM", "the server may not write to its storage"],
  ["ETIMEDOUT", "the server's storage does not answer"],
]);

function reasonFor(cause: unknown): string {
  const reason = reasons.get(errorCode(cause) ?? "");
  return reason ?? "the server's storage reports an error";
}
