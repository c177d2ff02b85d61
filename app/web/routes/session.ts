import { sentence } from "../../core/texts/catalogue";
import type { Router } from "@koa/router";
import { VisibleError } from "../../core/domain/errors";
import { checkModel } from "../pages/choose-model";
import { forgetLoadBalancerSession } from "../identity/load-balancer-session";
import { sendHtml } from "../middleware/track-locale";
import type { WebContext, WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { seeOther } from "../pages/render-page";
import { createRouter } from "./create-router";

export function sessionRoutes(deps: RouteDeps): Router<WebState> {
  const router = createRouter({ prefix: "/session" });
  router.post("/reset", async (ctx) => {
    const { visitor, person } = ctx.state;
    if (person) await visitor.signIn(person.owner);
    else await visitor.startOver();
    // The next page shows it.
    visitor.values.isUnseen = true;
    forgetDrafts(ctx);
    seeOther(ctx, "/");
  });
  router.post("/model", async (ctx) => {
    const model = ctx.state.form.get("model") ?? "";
    await checkModel(deps.api, ctx.state.api, model);
    ctx.state.visitor.values.model = model;
    seeOther(ctx, "/");
  });
  router.post("/sign-out", (ctx) => signOut(ctx, deps));
  // A reload of the page that answered a sign-out.
  router.get("/sign-out", (ctx) => seeOther(ctx, "/"));
  return router;
}

/** Another visitor may use this browser next. The script does the same where this is unknown. */
export function forgetDrafts(ctx: WebContext): void {
  // Below a path, other applications may store things under the same origin.
  if (ctx.state.base !== "") return;
  ctx.set("clear-site-data", '"storage"');
}

/**
 * The answer is a page rather than the way to another: the way to any page leads through the load
 * balancer, which would sign the visitor in again.
 */
async function signOut(ctx: WebContext, deps: RouteDeps): Promise<void> {
  const { visitor, person, form } = ctx.state;
  if (!person) {
    throw new VisibleError(409, sentence("problem.notSignedIn"));
  }
  const isEverywhere = form.has("everywhere");
  if (isEverywhere) await visitor.signOutEverywhere();
  else visitor.signOut();
  forgetLoadBalancerSession(ctx);
  forgetDrafts(ctx);
  const html = deps.render(ctx.state.locale, "signed-out.njk", {
    title: ctx.state.locale.t("title.signedOut"),
    preferences: ctx.state.preferences,
    isEverywhere,
    signOutUrl: deps.signOutUrl,
  });
  sendHtml(ctx, html);
}
