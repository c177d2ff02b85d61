import type { Router } from "@koa/router";
import type { Excerpt } from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import { excerptOf, withoutMarkup } from "../pages/excerpt";
import type { WebContext, WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { sendPage, type Page } from "../pages/render-page";
import {
  hasFilters,
  readSearch,
  toSearchQuery,
  viewFilters,
} from "../pages/search-filters";
import { zoneOf } from "../pages/zone";
import { createRouter } from "./create-router";

export function searchRoutes(deps: RouteDeps): Router<WebState> {
  const router = createRouter();
  router.get("/search", (ctx) => sendPage(ctx, deps, searchPage(ctx, deps)));
  return router;
}

async function searchPage(ctx: WebContext, { api }: RouteDeps): Promise<Page> {
  const { locale } = ctx.state;
  const form = readSearch(ctx);
  const { q: query } = form;
  const wanted = toSearchQuery(form, zoneOf(ctx.state.zone));
  const isAsked = query !== "" || hasFilters(form);
  const { results, complete } = isAsked
    ? await api.search(ctx.state.api, wanted)
    : { results: [], complete: true };
  return {
    template: "search.njk",
    title:
      query === ""
        ? locale.t("title.search")
        : locale.t("title.searchFor", { query }),
    data: {
      query,
      isAsked,
      filters: viewFilters(ctx, form),
      complete,
      results: results.map(({ conversation, excerpts }) => ({
        id: conversation.id,
        title: conversation.title,
        archived: conversation.archivedAt !== undefined,
        excerpts: excerpts.map((message) =>
          viewExcerpt(locale, conversation.id, message, query),
        ),
      })),
    },
  };
}

function viewExcerpt(
  locale: Locale,
  id: string,
  { number, role, text, modelName = locale.t("reply.author") }: Excerpt,
  query: string,
): object {
  const parts = excerptOf(role === "user" ? text : withoutMarkup(text), query);
  return {
    // The page marks the words there.
    href: `/conversations/${id}?message=${number}&find=${encodeURIComponent(query)}#hit-1`,
    author: role === "user" ? locale.t("chat.you") : modelName,
    parts,
  };
}
