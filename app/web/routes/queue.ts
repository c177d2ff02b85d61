import type { Router } from "@koa/router";
import type { WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { idOf, queuedNumberOf } from "../pages/params";
import { checkMessage } from "../pages/read-message";
import { seeOther } from "../pages/render-page";
import { backTo } from "./replies";
import { createRouter } from "./create-router";

/** Actions on queued messages. */
export function queueRoutes({ api }: RouteDeps): Router<WebState> {
  const router = createRouter({ prefix: "/conversations/:id/queue" });
  router.post("/continue", async (ctx) => {
    const id = idOf(ctx, "conversation");
    await api.continueQueue(ctx.state.api, id);
    backTo(ctx, id);
  });
  router.post("/:number/withdraw", async (ctx) => {
    const id = idOf(ctx, "conversation");
    await api.withdrawQueued(ctx.state.api, id, queuedNumberOf(ctx));
    backTo(ctx, id);
  });
  router.post("/:number", async (ctx) => {
    const id = idOf(ctx, "conversation");
    const { text = "" } = ctx.state.typed ?? {};
    checkMessage(text);
    await api.editQueued(ctx.state.api, id, queuedNumberOf(ctx), text);
    seeOther(ctx, `/conversations/${id}`);
  });
  return router;
}
