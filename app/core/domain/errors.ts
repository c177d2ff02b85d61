import { sentence } from "../texts/catalogue";
import { english } from "../texts/locale";
import type { Sentence } from "../texts/translation";
import type { Limited } from "../runtime/metric-definitions";

/**
 * An expected error, with an HTTP status and a message that tells the visitor what to do. All other
 * errors are faults: they are logged, and their messages are never shown.
 */
export class VisibleError extends Error {
  override readonly name: string = "VisibleError";
  /** The message as a text of the catalogue, for visitors who read another language than English. */
  readonly sentence: Sentence | undefined;

  /** @param message A string if it is only for programs and operators. */
  constructor(
    readonly status: number,
    message: string | Sentence,
    options?: { cause?: unknown; sentence?: Sentence | undefined },
  ) {
    super(typeof message === "string" ? message : english.say(message), {
      cause: options?.cause,
    });
    this.sentence = typeof message === "string" ? options?.sentence : message;
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
    message: Sentence,
    readonly retryAfterSeconds: number,
  ) {
    super(status, message);
  }
}

export class NotFoundError extends VisibleError {
  override readonly name = "NotFoundError";
  constructor(
    what:
      | "conversation"
      | "message"
      | "reply"
      | "project"
      | "file"
      | "link"
      | "import"
      | "savedPrompt"
      | "stream",
  ) {
    super(404, sentence(`problem.notFound.${what}`));
  }
}

/** A retry or regenerate lost the race against a newer prompt. */
export class ConversationMovedOnError extends VisibleError {
  override readonly name = "ConversationMovedOnError";
  constructor() {
    super(409, sentence("problem.movedOn"));
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
  sentence?: Sentence | undefined;
} {
  if (error instanceof VisibleError) {
    const { status, message, sentence: said } = error;
    return { status, message, sentence: said };
  }
  // Errors of Koa and its libraries: `expose` marks messages that are fit for a client.
  if (error instanceof Error && "expose" in error && error.expose === true) {
    const status = "status" in error ? Number(error.status) : 400;
    return { status, message: error.message };
  }
  const unexpected = sentence("problem.unexpected");
  return {
    status: 500,
    message: english.say(unexpected),
    sentence: unexpected,
  };
}
