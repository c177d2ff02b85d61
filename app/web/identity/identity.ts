import type { IncomingHttpHeaders } from "node:http";
import { VisibleError } from "../../core/domain/errors";

/** Someone who has shown who they are. */
export interface Person {
  /** Whose conversations are theirs: the same on every device, and nobody else's. */
  owner: string;
  /** What to call them, if that is known. */
  name: string | undefined;
}

/** Tells who sent a request. Where there is none, visitors are anonymous. */
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
    super(
      503,
      "Who you are can't be checked at the moment. Nothing was lost. Please try again in a minute.",
      { cause },
    );
  }
}
