import { randomUUID } from "node:crypto";
import { Router } from "@koa/router";
import { VisibleError } from "../../shared/errors";
import { idPattern } from "../../shared/records";
import { checkModel } from "../chat/chooseModel";
import { viewConversation } from "../chat/conversationPage";
import { checkMessage, messageKey } from "../chat/readMessage";
import type { WebContext, WebState } from "../middleware/WebContext";
import type { RouteDeps } from "./Deps";
import { openReplyPage } from "./openReplyPage";
import { idOf } from "./params";
import { seeOther, sendPage, type Page } from "./renderPage";

/** How many messages a conversation's page shows at first, and with each step back. */
const MESSAGES_PER_PAGE = 40;

/** The chat itself: a new conversation, an old one, and what is said in them. */
export function chatRoutes(deps: RouteDeps): Router<WebState> {
  const router = new Router<WebState>();
  router.get("/", (ctx) => sendPage(ctx, deps, homePage(ctx)));
  router.post("/conversations", (ctx) => begin(ctx, deps));
  router.get("/conversations/:id", (ctx) => show(ctx, deps));
  router.post("/conversations/:id/messages", (ctx) => send(ctx, deps));
  return router;
}

function homePage(ctx: WebContext): Page {
  const deleted = String(ctx.query.deleted ?? "");
  return {
    template: "home.njk",
    title: "New conversation",
    picker: { model: ctx.state.visitor.values.model, saveAt: "/session/model" },
    data: {
      deleted: idPattern.test(deleted) ? deleted : undefined,
      composer: { action: "/conversations", key: randomUUID() },
    },
  };
}

async function begin(ctx: WebContext, { api }: RouteDeps): Promise<void> {
  const { form, api: context, visitor } = ctx.state;
  const { text, key } = takeMessage(ctx);
  const model = form.get("model") || undefined;
  if (model) {
    await checkModel(api, context, model);
    visitor.values.model = model;
  }
  const { conversation } = await api.createConversation(context, {
    text,
    key,
    model,
    project: form.get("project") || undefined,
  });
  seeOther(ctx, `/conversations/${conversation.id}`);
}

async function send(ctx: WebContext, { api }: RouteDeps): Promise<void> {
  const { form, api: context } = ctx.state;
  const id = idOf(ctx, "conversation");
  const { text, key } = takeMessage(ctx);
  const model = form.get("model");
  if (model && model !== form.get("modelWas")) {
    await checkModel(api, context, model);
    await api.changeConversation(context, id, { model });
  }
  await api.sendMessage(context, id, { text, key });
  seeOther(ctx, `/conversations/${id}`);
}

function takeMessage({ state }: WebContext): { text: string; key?: string } {
  const { text = "", key = "" } = state.typed ?? {};
  checkMessage(text);
  return { text, key: messageKey(key, text) };
}

async function show(ctx: WebContext, deps: RouteDeps): Promise<void> {
  const { api: context, scripted } = ctx.state;
  const id = idOf(ctx, "conversation");
  const before = beforeOf(ctx);
  const page = deps.api.readConversation(context, id, {
    limit: MESSAGES_PER_PAGE,
    before,
  });
  const intoPage = page.then((read) =>
    !scripted && before === undefined && read.reply?.status === "writing"
      ? read.reply
      : undefined,
  );
  const content = Promise.all([page, intoPage]).then(([read, reply]): Page => ({
    template: "conversation.njk",
    title: read.conversation.title,
    current: id,
    picker: {
      model: read.conversation.model,
      saveAt: `/conversations/${id}/model`,
    },
    data: viewConversation(deps.articles, read, {
      before,
      replyIntoPage: reply !== undefined,
    }),
  }));
  await sendPage(ctx, deps, content);
  const reply = await intoPage;
  if (reply) openReplyPage(ctx, deps, id, reply);
}

function beforeOf(ctx: WebContext): number | undefined {
  const { before } = ctx.query;
  if (before === undefined) return undefined;
  const number = Number(before);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new VisibleError(
    400,
    "The address is not right: what follows “before=” must be a message's number.",
  );
}
