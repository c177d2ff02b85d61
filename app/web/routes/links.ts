import { randomBytes } from "node:crypto";
import type { Router } from "@koa/router";
import { idPattern } from "../../core/domain/records";
import type { WebContext, WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { idOf } from "../pages/params";
import { messageKey } from "../pages/read-message";
import { type Page, seeOther, sendPage } from "../pages/render-page";
import { viewLinks } from "../pages/view-links";
import { createRouter } from "./create-router";

/** Shares conversations by links, and revokes them. */
export function linkRoutes(deps: RouteDeps): Router<WebState> {
  const { api } = deps;
  const router = createRouter();
  router.get("/conversations/:id/share", (ctx) =>
    sendPage(ctx, deps, sharePage(ctx, deps)),
  );
  router.post("/conversations/:id/share", async (ctx) => {
    const id = idOf(ctx, "conversation");
    const key = messageKey(ctx.state.form.get("key") ?? "", "share");
    const made = await api.createLink(ctx.state.api, id, { key });
    seeOther(ctx, `/conversations/${id}/share?made=${made.id}`);
  });
  router.post("/links/:id/revoke", async (ctx) => {
    await api.revokeLink(ctx.state.api, idOf(ctx, "link"));
    const conversation = ctx.state.form.get("conversation") ?? "";
    const page = idPattern.test(conversation)
      ? `/conversations/${conversation}/share`
      : "/data";
    seeOther(ctx, `${page}?revoked=yes`);
  });
  return router;
}

async function sharePage(ctx: WebContext, { api }: RouteDeps): Promise<Page> {
  const id = idOf(ctx, "conversation");
  const [{ conversation }, links] = await Promise.all([
    api.readConversation(ctx.state.api, id, { limit: 1 }),
    api.listLinks(ctx.state.api, id),
  ]);
  return {
    template: "share.njk",
    title: ctx.state.locale.t("share.title"),
    current: id,
    data: {
      conversation,
      links: viewLinks(ctx, links, String(ctx.query.made)),
      isRevoked: ctx.query.revoked === "yes",
      key: randomBytes(16).toString("base64url"),
    },
  };
}
