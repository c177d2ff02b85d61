import type { Middleware } from "koa";
import { VisibleError } from "../../core/domain/errors";
import type { BackendState } from "../backend-state";

/** What a caller that names no deadline gets. */
const STANDARD_MS = 30_000;

/**
 * Ends work that nobody waits for any more: because the caller has gone, or because the deadline
 * that it sent (`keepsake-deadline-ms`, milliseconds from now) has passed.
 */
export function keepDeadlines(): Middleware<BackendState> {
  return async (ctx, next) => {
    const work = new AbortController();
    ctx.state.signal = work.signal;
    const late = () => work.abort(new DeadlinePassedError());
    const timer = setTimeout(late, milliseconds(ctx)).unref();
    ctx.res.once("close", () => {
      clearTimeout(timer);
      // An abort costs more than the rest of this, and after an answer nobody listens.
      if (!ctx.res.writableFinished) work.abort();
    });
    try {
      await next();
    } catch (error) {
      if (!(error instanceof DeadlinePassedError)) throw error;
      throw new VisibleError(504, "This took too long. Please try again.", {
        cause: error,
      });
    }
  };
}

class DeadlinePassedError extends Error {
  override readonly name = "DeadlinePassedError";
}

function milliseconds(ctx: { get(name: string): string }): number {
  const given = ctx.get("keepsake-deadline-ms");
  if (given === "") return STANDARD_MS;
  if (/^[0-9]{1,9}$/.test(given)) return Number(given);
  throw new VisibleError(
    400,
    "keepsake-deadline-ms must be a whole number of milliseconds.",
  );
}
