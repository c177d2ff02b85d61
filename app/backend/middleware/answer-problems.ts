import { STATUS_CODES } from "node:http";
import type { Middleware } from "koa";
import { CLIENT_LEFT, isDeparture } from "../../core/runtime/departure";
import { toVisibleError, VisibleError } from "../../core/domain/errors";
import type { Problem } from "../../core/api/operations";
import type { BackendState } from "../backend-state";
import { toStorageProblem } from "./storage-problems";

/** A request that does not match the API's description. */
export class InvalidRequestError extends VisibleError {
  override readonly name = "InvalidRequestError";
  constructor(readonly errors: { pointer: string; detail: string }[]) {
    const [first] = errors;
    super(400, first ? `${first.pointer} ${first.detail}.` : "Bad request.");
  }
}

/** Answers every error as problem details (RFC 9457), and logs faults. */
export function answerProblems(): Middleware<BackendState> {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.body == null) refuseUnrouted(ctx.status);
    } catch (error) {
      if (isDeparture(error, ctx)) {
        ctx.status = CLIENT_LEFT;
        return;
      }
      const shown = toStorageProblem(error) ?? error;
      const problem = toProblem(shown, ctx.state.requestId);
      // VisibleErrors (deadline exceeded, at capacity) are expected: they are no faults.
      if (!(error instanceof VisibleError) && problem.status >= 500) {
        ctx.state.log.error({ error, path: ctx.path }, "request failed");
      }
      if (ctx.headerSent) throw error;
      ctx.status = problem.status;
      ctx.set("cache-control", "no-store");
      if (mayRetry.has(problem.status)) ctx.set("retry-after", "1");
      ctx.body = JSON.stringify(problem);
      ctx.type = "application/problem+json";
    }
  };
}

/** Statuses of a problem that passes. */
const mayRetry = new Set([429, 503]);

function refuseUnrouted(status: number): void {
  if (status === 404) {
    throw new VisibleError(404, "Not found.");
  }
  if (status === 405 || status === 501) {
    throw new VisibleError(405, "Method not allowed.");
  }
}

function toProblem(error: unknown, requestId: string): Problem {
  const { status, message, sentence } = toVisibleError(error);
  return {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: message,
    ...(sentence && { sentence: sentence as Problem["sentence"] }),
    instance: `urn:request:${requestId}`,
    ...(error instanceof InvalidRequestError ? { errors: error.errors } : {}),
  };
}
