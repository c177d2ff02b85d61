import type { Router } from "@koa/router";
import type { WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { idOf, turnNumberOf } from "../pages/params";
import { seeOther } from "../pages/render-page";
import { createRouter } from "./create-router";

/** Deletes and restores a message with its reply. */
export function turnRoutes({ api }: RouteDeps): Router<WebState> {
  const router = createRouter({
    prefix: "/conversations/:id/turns/:number",
  });
  router.post("/delete", async (ctx) => {
    const id = idOf(ctx, "conversation");
    const turn = turnNumberOf(ctx);
    await api.deleteTurn(ctx.state.api, id, turn);
    seeOther(ctx, `/conversations/${id}?removed=${turn}`);
  });
  router.post("/restore", async (ctx) => {
    const id = idOf(ctx, "conversation");
    const turn = turnNumberOf(ctx);
    await api.restoreTurn(ctx.state.api, id, turn);
    seeOther(ctx, `/conversations/${id}?message=${turn}#m${turn}`);
  });
  return router;
}
