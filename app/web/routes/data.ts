import { Readable } from "node:stream";
import { Router } from "@koa/router";
import { Counter } from "prom-client";
import type { Registry } from "../../core/runtime/metrics";
import { exportData } from "../pages/export-data";
import { forgetLoadBalancerSession } from "../identity/load-balancer-session";
import { sendHtml } from "../middleware/track-locale";
import type { WebContext, WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { viewQuotas } from "../pages/quotas";
import { sendPage, type Page } from "../pages/render-page";
import { forgetDrafts } from "./session";

/** Everything that a visitor stores: how much it is, a copy of it, its deletion. */
export function dataRoutes(
  deps: RouteDeps & { metrics: Registry },
): Router<WebState> {
  const router = new Router<WebState>({ prefix: "/data" });
  const downloads = new Counter({
    name: "keepsake_data_downloads_total",
    help: "Downloads of all data of a visitor, by outcome: complete or broken off.",
    labelNames: ["outcome"],
    registers: [deps.metrics],
  });
  router.get("/", (ctx) => sendPage(ctx, deps, dataPage(ctx, deps)));
  router.get("/download", (ctx) => download(ctx, deps, downloads));
  router.get("/delete", (ctx) =>
    sendPage(ctx, deps, {
      template: "delete-data.njk",
      title: "Delete all my data",
    }),
  );
  router.post("/delete", (ctx) => deleteAll(ctx, deps));
  return router;
}

async function dataPage(ctx: WebContext, { api }: RouteDeps): Promise<Page> {
  const { quotas } = await api.readOverview(ctx.state.api);
  return {
    template: "data.njk",
    title: "Your data",
    data: { quotas: quotas && viewQuotas(quotas) },
  };
}

async function download(
  ctx: WebContext,
  { api, now }: RouteDeps,
  downloads: Counter<"outcome">,
): Promise<void> {
  const at = new Date(now());
  const pieces = exportData(api, ctx.state.api, at);
  // Read before the answer begins, so that a backend that can't be reached is told by a page.
  const first = await pieces.next();
  ctx.attachment(`keepsake-${at.toISOString().slice(0, 10)}.json`);
  ctx.type = "application/json";
  ctx.set("cache-control", "no-store");
  ctx.body = Readable.from(
    counted(first.value ?? "", pieces, (outcome) => downloads.inc({ outcome })),
    { objectMode: false },
  );
}

async function* counted(
  first: string,
  rest: AsyncIterable<string>,
  onEnd: (outcome: string) => void,
): AsyncGenerator<string, void> {
  let outcome = "broken off";
  try {
    yield first;
    yield* rest;
    outcome = "complete";
  } finally {
    onEnd(outcome);
  }
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
    title: "All data deleted",
    preferences: ctx.state.preferences,
    signOutUrl: person && deps.signOutUrl,
  });
  sendHtml(ctx, html);
}
