import { sentence } from "../../core/texts/catalogue";
import type { IncomingHttpHeaders } from "node:http";
import { VisibleError } from "../../core/domain/errors";

export interface Person {
  /** The owner of this person's conversations on every device. */
  owner: string;
  /** For display. */
  name: string | undefined;
}

/** Identifies the sender of a request. Without an identity, visitors are anonymous. */
export interface Identity {
  /**
   * @throws NotSignedInError if the request doesn't prove it.
   * @throws IdentityUnknownError if the proof can't be checked at the moment.
   */
  personOf(headers: IncomingHttpHeaders): Promise<Person>;
}

export class NotSignedInError extends VisibleError {
  override readonly name = "NotSignedInError";
  constructor(why: string, cause?: unknown) {
    super(401, `${why} Please load the page again, and sign in if asked to.`, {
      cause,
    });
  }
}

export class IdentityUnknownError extends VisibleError {
  override readonly name = "IdentityUnknownError";
  constructor(cause: unknown) {
    super(503, sentence("problem.identityUnknown"), { cause });
  }
}
