import { sentence } from "../../core/texts/catalogue";
import type { Middleware } from "koa";
import { VisibleError } from "../../core/domain/errors";
import type { BackendState } from "../backend-state";

/** For a client that sends no deadline. */
const DEFAULT_MS = 30_000;

/**
 * Aborts the request's signal when the client disconnects, or when its deadline
 * (`keepsake-deadline-ms`, in milliseconds from now) has passed.
 */
export function keepDeadlines(): Middleware<BackendState> {
  return async (ctx, next) => {
    const work = new AbortController();
    ctx.state.signal = work.signal;
    const late = () => work.abort(new DeadlinePassedError());
    const timer = setTimeout(late, milliseconds(ctx)).unref();
    ctx.res.once("close", () => {
      clearTimeout(timer);
      // Skip the abort after a finished response: it is expensive and has no listeners.
      if (!ctx.res.writableFinished) work.abort();
    });
    try {
      await next();
    } catch (error) {
      if (!(error instanceof DeadlinePassedError)) throw error;
      throw new VisibleError(504, sentence("problem.tookTooLong"), {
        cause: error,
      });
    }
  };
}

class DeadlinePassedError extends Error {
  override readonly name = "DeadlinePassedError";
}

function milliseconds(ctx: { get(name: string): string }): number {
  const deadline = ctx.get("keepsake-deadline-ms");
  if (deadline === "") return DEFAULT_MS;
  if (/^[0-9]{1,9}$/.test(deadline)) return Number(deadline);
  throw new VisibleError(
    400,
    "keepsake-deadline-ms must be a whole number of milliseconds.",
  );
}
