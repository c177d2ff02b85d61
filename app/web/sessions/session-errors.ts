import { sentence } from "../../core/texts/catalogue";
import { VisibleError } from "../../core/domain/errors";
import { storageProblemOf } from "../../core/storage/storage-problem";

/** A session may exist but can't be read now. It must not be replaced by a new one. */
export class SessionNotReadError extends VisibleError {
  override readonly name = "SessionNotReadError";
  constructor(cause: unknown) {
    super(
      503,
      sentence("problem.sessionNotRead", { reason: problemOf(cause).reason }),
      { cause },
    );
  }
}

/** Changes to a session could not be saved; earlier ones are kept. */
export class SessionNotSavedError extends VisibleError {
  override readonly name = "SessionNotSavedError";
  constructor(cause: unknown) {
    const { status, reason, advice } = problemOf(cause);
    super(status, sentence("problem.sessionNotSaved", { reason, advice }), {
      cause,
    });
  }
}

const problemOf = (cause: unknown) =>
  storageProblemOf(cause) ?? {
    status: 503,
    reason: sentence("storage.failing"),
    advice: sentence("storage.inAWhile"),
  };
