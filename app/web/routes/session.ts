import { Router } from "@koa/router";
import { checkModel } from "../chat/chooseModel";
import type { WebState } from "../middleware/WebContext";
import type { RouteDeps } from "./Deps";
import { seeOther } from "./renderPage";

/** What concerns the session alone. */
export function sessionRoutes({ api }: RouteDeps): Router<WebState> {
  const router = new Router<WebState>({ prefix: "/session" });
  router.post("/reset", async (ctx) => {
    const { visitor } = ctx.state;
    await visitor.startOver();
    // The page that shows it comes with the next request.
    visitor.values.isUnseen = true;
    seeOther(ctx, "/");
  });
  router.post("/model", async (ctx) => {
    const model = ctx.state.form.get("model") ?? "";
    await checkModel(api, ctx.state.api, model);
    ctx.state.visitor.values.model = model;
    seeOther(ctx, "/");
  });
  return router;
}
