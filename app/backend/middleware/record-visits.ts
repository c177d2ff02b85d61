import type { Middleware } from "koa";
import type { BackendState } from "../backend-state";
import type { Visits } from "../owners/visits";

/** Records visits of anonymous owners, which web marks by a header. */
export function recordVisits(visits: Visits): Middleware<BackendState> {
  return async (ctx, next) => {
    await next();
    if (ctx.get("keepsake-owner-kind") !== "anonymous") return;
    const isChange = !["GET", "HEAD"].includes(ctx.method);
    await visits.record(ctx.state.ownerHash, isChange);
  };
}
