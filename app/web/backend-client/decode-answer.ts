import { knownSentence, sentence } from "../../core/texts/catalogue";
import type { z } from "zod";
import type { Operation } from "../../core/api/operation";
import {
  type OperationId,
  operations,
  Problem,
} from "../../core/api/operations";
import { VisibleError } from "../../core/domain/errors";
import type { CachedRecord } from "./record-cache";
import { type Answer, isUnavailable } from "./transport/call";

export type AnswerTo<I extends OperationId> = z.output<
  (typeof operations)[I]["answer"]
>;

/** @throws VisibleError with the backend's message; 503 if only a proxy answered. */
export function decodeAnswer<I extends OperationId>(
  id: I,
  answer: Answer,
): CachedRecord<AnswerTo<I>> | "unchanged" {
  const operation: Operation = operations[id];
  if (answer.status === 304) return "unchanged";
  if (answer.status !== operation.status) throw toError(answer);
  const { etag } = answer.headers;
  const result = operation.answer.safeParse(parse(answer));
  if (!result.success) {
    throw new Error(`The answer to ${id} does not match its schema`, {
      cause: result.error,
    });
  }
  return {
    value: result.data as AnswerTo<I>,
    etag: typeof etag === "string" ? etag : undefined,
    bytes: answer.body.length,
  };
}

export const unreachable = (cause: unknown) =>
  new VisibleError(503, sentence("problem.backendUnreachable"), { cause });

/** The error of an answer that is no success. */
export function toError(answer: Pick<Answer, "status" | "body">): Error {
  const { status } = answer;
  const problem = Problem.safeParse(parse(answer));
  if (status === 401) {
    return new Error(
      "The backend knows none of this process's INTERNAL_TOKENs",
    );
  }
  if (problem.success) {
    const { detail, sentence: said } = problem.data;
    return new VisibleError(status, detail, { sentence: knownSentence(said) });
  }
  const cause = new Error(`The backend answered ${status}`);
  // Without a problem document it comes from a proxy that reaches no backend.
  return isUnavailable(answer) ? unreachable(cause) : cause;
}

function parse({ body }: Pick<Answer, "body">): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}
