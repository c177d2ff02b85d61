import { Router } from "@koa/router";
import { VisibleError } from "../../core/domain/errors";
import { limits, type Excerpt } from "../../core/domain/records";
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
  const query = String(ctx.query.q ?? "").trim();
  if (query.length > limits.queryLength) {
    throw new VisibleError(
      400,
      `A search is limited to ${limits.queryLength} characters. Use fewer words.`,
    );
  }
  const { results, complete } =
    query === ""
      ? { results: [], complete: true }
      : await api.search(ctx.state.api, query);
  return {
    template: "search.njk",
    title: query === "" ? "Search" : `Search: ${query}`,
    data: {
      query,
      complete,
      results: results.map(({ conversation, excerpts }) => ({
        id: conversation.id,
        title: conversation.title,
        excerpts: excerpts.map((message) =>
          viewExcerpt(conversation.id, message, query),
        ),
      })),
    },
  };
}

function viewExcerpt(
  id: string,
  { number, role, text, modelName = "Reply" }: Excerpt,
  query: string,
): object {
  const parts = excerptOf(role === "user" ? text : withoutMarkup(text), query);
  return {
    // Browsers scroll to the words, and mark them.
    href: `/conversations/${id}?message=${number}#m${number}${fragmentOf(parts)}`,
    author: role === "user" ? "You" : modelName,
    parts,
  };
}

function fragmentOf(parts: ReturnType<typeof excerptOf>): string {
  const words = parts.find(({ hit }) => hit)?.text.trim();
  if (!words) return "";
  const encoded = encodeURIComponent(words).replaceAll("-", "%2D");
  return `:~:text=${encoded}`;
}
