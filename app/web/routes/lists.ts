import type { Router } from "@koa/router";
import { VisibleError } from "../../core/domain/errors";
import type { Conversation } from "../../core/domain/records";
import { sentence, type TextKey } from "../../core/texts/catalogue";
import type { WebContext, WebState } from "../middleware/web-context";
import {
  emptyBin,
  noteDone,
  readSelection,
  runSelected,
  viewActions,
  viewDone,
} from "../pages/selection";
import type { RouteDeps } from "../pages/page-deps";
import { seeOther, sendPage, type Page } from "../pages/render-page";
import { groupByDay } from "../pages/time";
import { viewDeleted } from "../pages/view-deleted";
import { createRouter } from "./create-router";

const CONVERSATIONS_PER_PAGE = 100;

/** The lists of conversations, and actions on several. */
export function listRoutes(deps: RouteDeps): Router<WebState> {
  const router = createRouter();
  router.get("/conversations", (ctx) =>
    sendPage(ctx, deps, listPage(ctx, deps, CONVERSATIONS)),
  );
  router.get("/archive", (ctx) =>
    sendPage(ctx, deps, listPage(ctx, deps, ARCHIVE)),
  );
  router.get("/bin", (ctx) => sendPage(ctx, deps, binPage(ctx, deps)));
  router.post("/bin/empty", async (ctx) => {
    const done = await emptyBin(deps, ctx.state.api);
    seeOther(ctx, noteDone(ctx.state.visitor.values, done, "/bin"));
  });
  router.post("/conversations/selected/:action", async (ctx) => {
    const selection = readSelection(ctx.params.action, ctx.state.form);
    const done = await runSelected(deps, ctx.state.api, selection);
    seeOther(ctx, noteDone(ctx.state.visitor.values, done, selection.back));
  });
  return router;
}

interface List {
  name: "conversations" | "archive";
  title: TextKey;
  empty: TextKey;
  archived?: "only";
}

const CONVERSATIONS: List = {
  name: "conversations",
  title: "side.conversations",
  empty: "list.none",
};

const ARCHIVE: List = {
  name: "archive",
  title: "list.archive",
  empty: "list.noneArchived",
  archived: "only",
};

async function listPage(
  ctx: WebContext,
  { api, now }: RouteDeps,
  { name, title, empty, archived }: List,
): Promise<Page> {
  const { locale } = ctx.state;
  const { conversations, next } = await api.listConversations(ctx.state.api, {
    cursor: cursorOf(ctx, /^[0-9]{0,15}$/),
    limit: CONVERSATIONS_PER_PAGE,
    archived,
  });
  // An earlier version of the backend, during a rollout, lists the others.
  const isHere = ({ archivedAt }: Conversation) => !archived || archivedAt;
  return {
    template: "conversations.njk",
    title: locale.write(title),
    data: {
      back: `/${name}`,
      selection: viewActions(name, locale),
      empty: locale.write(empty),
      done: viewDone(ctx),
      list: groupByDay(conversations.filter(isHere), ctx.state, now()),
      next: next && `/${name}?cursor=${encodeURIComponent(next)}`,
    },
  };
}

async function binPage(ctx: WebContext, { api }: RouteDeps): Promise<Page> {
  const { conversations, next } = await api.listDeleted(ctx.state.api, {
    cursor: cursorOf(ctx, /^(?:[0-9]{1,15}-[0-9]{1,15})?$/),
    limit: CONVERSATIONS_PER_PAGE,
  });
  return {
    template: "bin.njk",
    title: ctx.state.locale.t("list.bin"),
    data: {
      back: "/bin",
      selection: viewActions("bin", ctx.state.locale),
      done: viewDone(ctx),
      list: conversations.map((one) => viewDeleted(one, ctx.state)),
      next: next && `/bin?cursor=${encodeURIComponent(next)}`,
    },
  };
}

function cursorOf(ctx: WebContext, pattern: RegExp): string | undefined {
  const cursor = String(ctx.query.cursor ?? "");
  if (pattern.test(cursor)) return cursor || undefined;
  throw new VisibleError(400, sentence("problem.badLink"));
}
