import type { Router } from "@koa/router";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import { idPattern, limits, type SharedPage } from "../../core/domain/records";
import type { ApiContext } from "../backend-client/api";
import { ChangeCounts } from "../backend-client/change-counts";
import { sendHtml } from "../middleware/track-locale";
import type { WebContext, WebState } from "../middleware/web-context";
import { isRich } from "../pages/conversation-page";
import type { RouteDeps } from "../pages/page-deps";
import { dateOf } from "../pages/view-links";
import { sendFile } from "./files";
import { createRouter } from "./create-router";

const MESSAGES_PER_PAGE = 40;

/**
 * What shared links show, for everyone who has one. Comes before the sessions: nothing here needs to know who
 * the visitor is. The backend is asked for each answer, and no answer may be kept, so a revocation is seen at once.
 */
export function sharedRoutes(deps: RouteDeps): Router<WebState> {
  const router = createRouter({ prefix: "/shared/:token" });
  router.get("/", (ctx) => show(ctx, deps));
  router.get("/messages/:number/files/:file", async (ctx) => {
    const of = {
      token: tokenOf(ctx),
      message: Number(ctx.params.number),
      file: String(ctx.params.file),
    };
    if (!(of.message <= limits.messageNumber)) throw new NotFoundError("file");
    const found = await deps.api.readSharedFile(asVisitor(ctx), of);
    sendFile(ctx, found, "no-store");
  });
  return router;
}

/** Unknown, malformed and revoked links are answered alike. */
async function show(ctx: WebContext, deps: RouteDeps): Promise<void> {
  try {
    const token = tokenOf(ctx);
    const part = { limit: MESSAGES_PER_PAGE, before: beforeIn(ctx) };
    const page = await deps.api.readShared(asVisitor(ctx), token, part);
    send(ctx, deps, await viewShared(ctx, deps, token, page));
  } catch (error) {
    if (!(error instanceof VisibleError) || error.status !== 404) throw error;
    ctx.status = 404;
    const title = ctx.state.locale.t("shared.missing");
    send(ctx, deps, { title, isMissing: true });
  }
}

function send(ctx: WebContext, deps: RouteDeps, data: object): void {
  const { locale, preferences } = ctx.state;
  const html = deps.render(locale, "shared.njk", { preferences, ...data });
  sendHtml(ctx, html);
}

async function viewShared(
  ctx: WebContext,
  { messages: renderer }: RouteDeps,
  token: string,
  { title, sharedAt, messages, first, hasOlder }: SharedPage,
): Promise<object> {
  const { locale } = ctx.state;
  const articles: string[] = [];
  for (const message of messages) {
    articles.push(await renderer.renderShared(locale, token, message));
  }
  return {
    title,
    date: dateOf(locale.tag, sharedAt),
    articles: articles.join("\n"),
    isRich: isRich(articles),
    hasFiles: messages.some((message) => "files" in message),
    older: hasOlder && first ? `/shared/${token}?before=${first}` : undefined,
    newer: ctx.query.before === undefined ? undefined : `/shared/${token}`,
  };
}

/** @throws NotFoundError */
function tokenOf(ctx: WebContext): string {
  const token = String(ctx.params.token);
  if (!idPattern.test(token)) throw new NotFoundError("link");
  return token;
}

function beforeIn({ query }: WebContext): number | undefined {
  const before = Number(query.before);
  const isNumber = Number.isSafeInteger(before) && before >= 1;
  return isNumber && before <= limits.messageNumber ? before : undefined;
}

/** The token decides; no record is this owner's. */
function asVisitor({ state }: WebContext): ApiContext {
  return {
    owner: "visitor-of-a-link",
    requestId: state.requestId,
    trace: state.trace.headers,
    changes: new ChangeCounts(() => ({}), { value: "", renew: () => {} }),
    calls: [],
  };
}
