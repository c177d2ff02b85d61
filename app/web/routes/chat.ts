import { sentence } from "../../core/texts/catalogue";
import { randomUUID } from "node:crypto";
import type { Router } from "@koa/router";
import { VisibleError } from "../../core/domain/errors";
import { type ConversationPage, limits } from "../../core/domain/records";
import { checkModel } from "../pages/choose-model";
import {
  type ConversationPart,
  viewConversation,
} from "../pages/conversation-page";
import { checkMessage, messageKey } from "../pages/read-message";
import type { Form, WebContext, WebState } from "../middleware/web-context";
import { DELETED } from "./conversations";
import type { RouteDeps } from "../pages/page-deps";
import { takeFiles, type UploadDeps } from "./files";
import { openReplyPage } from "../pages/open-reply-page";
import { idOf } from "../pages/params";
import { viewDeleted } from "../pages/view-deleted";
import { seeOther, sendPage, type Page } from "../pages/render-page";
import { preferredModel } from "../sessions/session-values";
import { createRouter } from "./create-router";

const MESSAGES_PER_PAGE = 40;

type ChatDeps = RouteDeps & UploadDeps;

/** Conversations and their messages. */
export function chatRoutes(deps: ChatDeps): Router<WebState> {
  const router = createRouter();
  router.get("/", (ctx) => sendPage(ctx, deps, homePage(ctx)));
  router.post("/conversations", (ctx) => begin(ctx, deps));
  router.get("/conversations/:id", (ctx) => show(ctx, deps));
  // A page without a script continues here, with the text in its message box.
  router.post("/conversations/:id", (ctx) => show(ctx, deps));
  router.post("/conversations/:id/messages", (ctx) => send(ctx, deps));
  return router;
}

function homePage(ctx: WebContext): Page {
  const { visitor, locale } = ctx.state;
  const { values } = visitor;
  const { deleted } = ctx.query;
  return {
    template: "home.njk",
    title: locale.t("title.newConversation"),
    data: {
      // The address alone could be made up.
      deleted: deleted === values[DELETED] ? deleted : undefined,
      starters: starters.map((key) => locale.t(key)),
      composer: { action: "/conversations", key: randomUUID() },
    },
  };
}

/** Messages that show what an answer can contain. The built-in model understands the English ones, too. */
const starters = [
  "starter.table",
  "starter.code",
  "starter.long",
  "starter.count",
] as const;

async function begin(ctx: WebContext, deps: ChatDeps): Promise<void> {
  const { api } = deps;
  const { form, api: context, visitor } = ctx.state;
  const { text, key, files } = await takeMessage(ctx, deps);
  const chosen = form.get("model") || undefined;
  if (chosen) {
    await checkModel(api, context, chosen);
    visitor.values.model = chosen;
  }
  const model = chosen ?? (await ownModel(ctx, deps));
  const { conversation } = await api.createConversation(context, {
    text,
    key,
    model,
    project: form.get("project") || undefined,
    files,
  });
  seeOther(ctx, `/conversations/${conversation.id}`);
}

/** A suggestion names no model: it is for the visitor's own, if that is still available. */
async function ownModel(
  { state }: WebContext,
  { api }: RouteDeps,
): Promise<string | undefined> {
  const own = preferredModel(state.visitor.values);
  if (own === undefined) return undefined;
  const { models } = await api.readOverview(state.api);
  return models.find(({ id }) => id === own)?.id;
}

async function send(ctx: WebContext, deps: ChatDeps): Promise<void> {
  const { api } = deps;
  const { form, api: context } = ctx.state;
  const id = idOf(ctx, "conversation");
  const { text, key, files } = await takeMessage(ctx, deps);
  const follows = numberOf(form, "follows");
  const insteadOf = numberOf(form, "insteadOf");
  const model = form.get("model");
  if (model && model !== form.get("modelWas")) {
    await checkModel(api, context, model);
    await api.changeConversation(context, id, { model });
  }
  const queue = insteadOf === undefined;
  const message = { text, key, follows, insteadOf, queue, files };
  await api.sendMessage(context, id, message);
  seeOther(ctx, `/conversations/${id}`);
}

/** A message with the ids of its files: one that has some needs no text, nor does an edit. */
async function takeMessage(ctx: WebContext, deps: ChatDeps) {
  const { form, typed } = ctx.state;
  const { text = "", key = "" } = typed ?? {};
  // Its length, before its files are stored.
  checkMessage(text, true);
  const files = await takeFiles(ctx, deps);
  checkMessage(text, files !== undefined || form.has("keepsFiles"));
  return { text, files, key: messageKey(key, text, files) };
}

/** The reply that a message follows, or the prompt that it replaces. */
function numberOf(
  form: Form,
  name: "follows" | "insteadOf",
): number | undefined {
  const text = form.get(name);
  if (!text) return undefined;
  const number = toMessageNumber(text, name === "follows" ? 2 : 1);
  if (number !== undefined) return number;
  throw new VisibleError(400, sentence("problem.formReload"));
}

async function show(ctx: WebContext, deps: RouteDeps): Promise<void> {
  const { api: context, scripted } = ctx.state;
  const id = idOf(ctx, "conversation");
  const part = {
    before: numberIn(ctx, "before"),
    message: numberIn(ctx, "message"),
    edit: numberIn(ctx, "edit"),
    find: String(ctx.query.find ?? "").slice(0, limits.queryLength),
  };
  const { removed } = ctx.query;
  const page = deps.api.readConversation(context, id, pageWith(part));
  const intoPage = page.then((read) =>
    !scripted && read.reply?.status === "writing" ? read.reply : undefined,
  );
  const view = async (): Promise<Page> => {
    const [read, reply] = await Promise.all([page, intoPage]);
    return {
      template: "conversation.njk",
      title: read.conversation.title,
      current: id,
      project: read.conversation.project,
      conversation: read.conversation,
      picker: {
        model: read.conversation.model,
        saveAt: `/conversations/${id}/model`,
      },
      data: {
        saved: ctx.query.saved === "yes",
        removed: isTurnIn(read, removed) ? removed : undefined,
        ...(await viewConversation(
          deps.messages,
          ctx.state.locale,
          read,
          part,
          {
            replyIntoPage: reply !== undefined,
            typed: ctx.state.typed?.text,
          },
        )),
      },
    };
  };
  try {
    await sendPage(ctx, deps, view());
  } catch (error) {
    if (!(await sendDeleted(ctx, deps, id, error))) throw error;
    return;
  }
  const reply = await intoPage;
  if (reply) openReplyPage(ctx, deps, id, reply);
}

/** Tells where a deleted conversation can be restored. @returns False if it is not that. */
async function sendDeleted(
  ctx: WebContext,
  deps: RouteDeps,
  id: string,
  error: unknown,
): Promise<boolean> {
  if (!(error instanceof VisibleError) || error.status !== 404) return false;
  const deleted = await deps.api
    .readDeleted(ctx.state.api, id)
    .catch(() => undefined);
  if (!deleted) return false;
  const { title } = deleted.conversation;
  const item = viewDeleted(deleted, ctx.state);
  await sendPage(ctx, deps, { template: "deleted.njk", title, data: { item } });
  ctx.status = 404;
  return true;
}

/** The address alone could be made up. */
const isTurnIn = ({ conversation }: ConversationPage, turn: unknown) =>
  conversation.deletedTurns?.includes(Number(turn));

/** Whole threads: of the message, or else the newest. */
const pageWith = ({ before, message = 0 }: ConversationPart) => ({
  limit: MESSAGES_PER_PAGE,
  before,
  thread: message,
});

function numberIn(
  { query }: WebContext,
  name: "before" | "message" | "edit",
): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const number = toMessageNumber(text, 1);
  if (number !== undefined) return number;
  throw new VisibleError(400, sentence("problem.addressNumber", { name }));
}

function toMessageNumber(
  text: string | string[],
  least: number,
): number | undefined {
  const number = Number(text);
  return Number.isSafeInteger(number) &&
    number >= least &&
    number <= limits.messageNumber
    ? number
    : undefined;
}
