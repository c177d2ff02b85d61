import type { Router } from "@koa/router";
import type { Registry } from "../../core/runtime/metrics";
import { forgetLoadBalancerSession } from "../identity/load-balancer-session";
import { sendHtml } from "../middleware/track-locale";
import type { WebContext, WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { viewQuotas } from "../pages/quotas";
import { viewLinks } from "../pages/view-links";
import { sendPage, type Page } from "../pages/render-page";
import { countDownloads, sendExport } from "./export";
import { forgetDrafts } from "./session";
import { createRouter } from "./create-router";

/** Everything that a visitor stores: how much it is, a copy of it, its deletion. */
export function dataRoutes(
  deps: RouteDeps & { metrics: Registry },
): Router<WebState> {
  const router = createRouter({ prefix: "/data" });
  const downloads = countDownloads(deps.metrics);
  router.get("/", (ctx) => sendPage(ctx, deps, dataPage(ctx, deps)));
  router.get("/download", (ctx) => sendExport(ctx, deps, downloads));
  router.get("/delete", (ctx) =>
    sendPage(ctx, deps, {
      template: "delete-data.njk",
      title: ctx.state.locale.t("title.deleteData"),
    }),
  );
  router.post("/delete", (ctx) => deleteAll(ctx, deps));
  return router;
}

async function dataPage(ctx: WebContext, { api }: RouteDeps): Promise<Page> {
  const { locale, api: context } = ctx.state;
  const [{ quotas }, links] = await Promise.all([
    api.readOverview(context),
    api.listLinks(context),
  ]);
  return {
    template: "data.njk",
    title: locale.t("title.data"),
    data: {
      quotas: quotas && viewQuotas(locale, quotas),
      links: viewLinks(ctx, links),
      isRevoked: ctx.query.revoked === "yes",
    },
  };
}

/**
 * Deletes the data first: while a deletion fails, the visitor must still have the session by which
 * they can repeat it.
 */
async function deleteAll(ctx: WebContext, deps: RouteDeps): Promise<void> {
  const { api, visitor, person } = ctx.state;
  await deps.api.eraseAll(api);
  if (person) {
    await visitor.signOutEverywhere();
    forgetLoadBalancerSession(ctx);
  } else {
    visitor.forget();
  }
  forgetDrafts(ctx);
  const html = deps.render(ctx.state.locale, "data-deleted.njk", {
    title: ctx.state.locale.t("title.dataDeleted"),
    preferences: ctx.state.preferences,
    signOutUrl: person && deps.signOutUrl,
  });
  sendHtml(ctx, html);
}
