import type { Limited } from "../runtime/metric-definitions";

/**
 * An expected error, with an HTTP status and a message that tells the visitor what to do. All other
 * errors are faults: they are logged, and their messages are never shown.
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

/** A limit that protects other visitors. The client may try again. */
export class LimitError extends VisibleError {
  override readonly name = "LimitError";
  /**
   * @param kind For the metrics.
   * @param status 429 if the client asks for too much, 503 if all clients do.
   */
  constructor(
    readonly kind: Limited,
    status: 429 | 503,
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(status, message);
  }
}

export class NotFoundError extends VisibleError {
  override readonly name = "NotFoundError";
  constructor(what: string) {
    super(404, `This ${what} does not exist, or it is not yours.`);
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

/** An idempotency key came with another text than before. */
export const keyWasUsed = () =>
  new VisibleError(
    409,
    "This idempotency-key was used for another message. Send a new one.",
  );

/** Any error as a client sees it. */
export function toVisibleError(error: unknown): {
  status: number;
  message: string;
} {
  if (error instanceof VisibleError) {
    return { status: error.status, message: error.message };
  }
  // Errors of Koa and its libraries: `expose` marks messages that are fit for a client.
  if (error instanceof Error && "expose" in error && error.expose === true) {
    const status = "status" in error ? Number(error.status) : 400;
    return { status, message: error.message };
  }
  return {
    status: 500,
    message: "Something went wrong. Try again.",
  };
}
