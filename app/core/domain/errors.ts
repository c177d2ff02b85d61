/**
 * An expected error: it has an HTTP status and a message fit for the visitor, which says what to
 * do. Everything else is a fault, of which only a log may tell.
 */
export class VisibleError extends Error {
  override readonly name: string = "VisibleError";
  constructor(
    readonly status: number,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export class NotFoundError extends VisibleError {
  override readonly name = "NotFoundError";
  constructor(what: string) {
    super(404, `There is no such ${what}, or it isn't yours.`);
  }
}

/** A retry or regenerate lost the race against a newer prompt. */
export class ConversationMovedOnError extends VisibleError {
  override readonly name = "ConversationMovedOnError";
  constructor() {
    super(
      409,
      "A newer message was sent. Reload to see it; only the latest message can be retried.",
    );
  }
}

/** What a client may be told of any error. */
export function toVisibleError(error: unknown): {
  status: number;
  message: string;
} {
  if (error instanceof VisibleError) {
    return { status: error.status, message: error.message };
  }
  // Koa's and its libraries' own: `expose` marks those whose message is fit to be seen.
  if (error instanceof Error && "expose" in error && error.expose === true) {
    const status = "status" in error ? Number(error.status) : 400;
    return { status, message: error.message };
  }
  return {
    status: 500,
    message: "Something went wrong here, and it was noted. Please try again.",
  };
}
