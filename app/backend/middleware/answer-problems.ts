import { STATUS_CODES } from "node:http";
import type { Middleware } from "koa";
import { toVisibleError, VisibleError } from "../../core/domain/errors";
import type { Problem } from "../../core/api/operations";
import type { BackendState } from "../backend-state";
import { toStorageProblem } from "./storage-problems";

/** A request that is not as the API's description says. */
export class InvalidRequestError extends VisibleError {
  override readonly name = "InvalidRequestError";
  constructor(readonly errors: { pointer: string; detail: string }[]) {
    const [first] = errors;
    super(400, first ? `${first.pointer} ${first.detail}.` : "Bad request.");
  }
}

/** Answers every error as problem details (RFC 9457); faults are logged, and told to no one. */
export function answerProblems(): Middleware<BackendState> {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.body == null) refuseUnrouted(ctx.status);
    } catch (error) {
      const shown = toStorageProblem(error) ?? error;
      const problem = toProblem(shown, ctx.state.requestId);
      // What says itself what to do is no fault: a deadline that passed, a process that is full.
      if (!(error instanceof VisibleError) && problem.status >= 500) {
        ctx.state.log.error({ error, path: ctx.path }, "request failed");
      }
      if (ctx.headerSent) throw error;
      ctx.status = problem.status;
      ctx.set("cache-control", "no-store");
      ctx.body = JSON.stringify(problem);
      ctx.type = "application/problem+json";
    }
  };
}

/** What no route took. */
function refuseUnrouted(status: number): void {
  if (status === 404) {
    throw new VisibleError(404, "There is nothing at this address.");
  }
  if (status === 405 || status === 501) {
    throw new VisibleError(405, "This address takes only other methods.");
  }
}

function toProblem(error: unknown, requestId: string): Problem {
  const { status, message } = toVisibleError(error);
  return {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: message,
    instance: `urn:request:${requestId}`,
    ...(error instanceof InvalidRequestError ? { errors: error.errors } : {}),
  };
}
