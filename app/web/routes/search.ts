import { sentence } from "../../core/texts/catalogue";
import { Router } from "@koa/router";
import { VisibleError } from "../../core/domain/errors";
import { limits, type Excerpt } from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import { excerptOf, withoutMarkup } from "../pages/excerpt";
import type { WebContext, WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { sendPage, type Page } from "../pages/render-page";

export function searchRoutes(deps: RouteDeps): Router<WebState> {
  const router = new Router<WebState>();
  router.get("/search", (ctx) => sendPage(ctx, deps, searchPage(ctx, deps)));
  return router;
}

async function searchPage(ctx: WebContext, { api }: RouteDeps): Promise<Page> {
  const { locale } = ctx.state;
  const query = String(ctx.query.q ?? "").trim();
  if (query.length > limits.queryLength) {
    throw new VisibleError(
      400,
      sentence("problem.searchLength", { limit: limits.queryLength }),
    );
  }
  const { results, complete } =
    query === ""
      ? { results: [], complete: true }
      : await api.search(ctx.state.api, query);
  return {
    template: "search.njk",
    title:
      query === ""
        ? locale.t("title.search")
        : locale.t("title.searchFor", { query }),
    data: {
      query,
      complete,
      results: results.map(({ conversation, excerpts }) => ({
        id: conversation.id,
        title: conversation.title,
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
    // Browsers scroll to the words, and mark them.
    href: `/conversations/${id}?message=${number}#m${number}${fragmentOf(parts)}`,
    author: role === "user" ? locale.t("chat.you") : modelName,
    parts,
  };
}

function fragmentOf(parts: ReturnType<typeof excerptOf>): string {
  const words = parts.find(({ hit }) => hit)?.text.trim();
  if (!words) return "";
  const encoded = encodeURIComponent(words).replaceAll("-", "%2D");
  return `:~:text=${encoded}`;
}
