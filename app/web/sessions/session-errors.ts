import { VisibleError } from "../../core/domain/errors";
import { storageProblemOf } from "../../core/storage/storage-problem";

/** A session may exist but can't be read now. It must not be replaced by a new one. */
export class SessionNotReadError extends VisibleError {
  override readonly name = "SessionNotReadError";
  constructor(cause: unknown) {
    super(
      503,
      `Your session can't be read at the moment: ${problemOf(cause).reason}. ` +
        "Nothing of it is lost. Please try again in a minute.",
      { cause },
    );
  }
}

/** Changes to a session could not be saved; earlier ones are kept. */
export class SessionNotSavedError extends VisibleError {
  override readonly name = "SessionNotSavedError";
  constructor(cause: unknown) {
    const { status, reason, advice } = problemOf(cause);
    super(
      status,
      `Your session could not be saved: ${reason}. What was saved before is kept, ` +
        `but the page may not show your last change. ${advice}`,
      { cause },
    );
  }
}

const problemOf = (cause: unknown) =>
  storageProblemOf(cause) ?? {
    status: 503,
    reason: "the server's storage reports an error",
    advice: "Please try again in a while.",
  };
