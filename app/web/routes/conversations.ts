import { sentence } from "../../core/texts/catalogue";
import { Readable } from "node:stream";
import type { Router } from "@koa/router";
import { z } from "zod";
import { VisibleError } from "../../core/domain/errors";
import { limits } from "../../core/domain/records";
import type { Sentence } from "../../core/texts/translation";
import { isVisible } from "../../core/domain/text";
import type { ConversationChanges } from "../backend-client/api";
import { exportMarkdown } from "../pages/exports/export-markdown";
import { exportName } from "../pages/exports/export-name";
import { checkModel } from "../pages/choose-model";
import type { Form, WebContext, WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { idOf, messageNumberOf } from "../pages/params";
import { seeOther, sendPage, type Page } from "../pages/render-page";
import { createRouter } from "./create-router";

/** The session's key for the last deleted conversation, which can be restored. */
export const DELETED = "deleted";

/** Actions on a conversation. */
export function conversationRoutes(deps: RouteDeps): Router<WebState> {
  const { api } = deps;
  const router = createRouter({ prefix: "/conversations" });
  const change = (
    path: string,
    changesOf: (form: Form) => ConversationChanges,
  ) =>
    router.post(`/:id/${path}`, async (ctx) => {
      const id = idOf(ctx, "conversation");
      const changes = changesOf(ctx.state.form);
      await api.changeConversation(ctx.state.api, id, changes);
      // The script says so itself.
      const saved = ctx.state.scripted ? "" : "?saved=yes";
      seeOther(ctx, `/conversations/${id}${saved}`);
    });

  router.get("/:id/rename", (ctx) =>
    sendPage(ctx, deps, formPage(ctx, deps, "rename.njk", "title.rename")),
  );
  router.get("/:id/move", (ctx) =>
    sendPage(ctx, deps, formPage(ctx, deps, "move.njk", "title.move")),
  );
  router.get("/:id/markdown", (ctx) => sendMarkdown(ctx, deps));
  change("rename", titleOf);
  change("move", (form) => ({ project: form.get("project") || null }));
  change("options", optionsOf);
  change("pin", () => ({ pinned: true }));
  change("unpin", () => ({ pinned: false }));
  change("archive", () => ({ archived: true }));
  change("unarchive", () => ({ archived: false }));
  router.post("/:id/model", async (ctx) => {
    const id = idOf(ctx, "conversation");
    const model = ctx.state.form.get("model") ?? "";
    await checkModel(api, ctx.state.api, model);
    await api.changeConversation(ctx.state.api, id, { model });
    seeOther(ctx, `/conversations/${id}`);
  });
  router.post("/:id/messages/:number/fork", async (ctx) => {
    const id = idOf(ctx, "conversation");
    const number = messageNumberOf(ctx);
    const fork = await api.forkConversation(ctx.state.api, id, number);
    seeOther(ctx, `/conversations/${fork.id}`);
  });
  router.post("/:id/delete", async (ctx) => {
    const id = idOf(ctx, "conversation");
    await api.deleteConversation(ctx.state.api, id);
    ctx.state.visitor.values[DELETED] = id;
    seeOther(ctx, `/?deleted=${id}`);
  });
  router.post("/:id/restore", async (ctx) => {
    const id = idOf(ctx, "conversation");
    await api.restoreConversation(ctx.state.api, id);
    delete ctx.state.visitor.values[DELETED];
    seeOther(ctx, `/conversations/${id}`);
  });
  return router;
}

async function sendMarkdown(
  ctx: WebContext,
  { api }: RouteDeps,
): Promise<void> {
  const id = idOf(ctx, "conversation");
  const { api: context, locale } = ctx.state;
  // Before the headers, so that a conversation that does not exist is a 404.
  const { conversation } = await api.readConversation(context, id, {
    limit: 1,
  });
  ctx.attachment(exportName(conversation.title, "md"));
  ctx.type = "text/markdown; charset=utf-8";
  const pieces = exportMarkdown({ api, context, ids: [id] }, locale);
  ctx.body = Readable.from(pieces, { objectMode: false });
}

/** A form about a conversation, which may be another than the one on display. */
async function formPage(
  ctx: WebContext,
  { api }: RouteDeps,
  template: string,
  titleKey: "title.rename" | "title.move",
): Promise<Page> {
  const id = idOf(ctx, "conversation");
  const { conversation } = await api.readConversation(ctx.state.api, id, {
    limit: 1,
  });
  const title = ctx.state.locale.t(titleKey);
  return { template, title, current: id, data: { conversation } };
}

function titleOf(form: Form): ConversationChanges {
  const title = (form.get("title") ?? "").trim();
  if (!isVisible(title) || title.length > limits.titleLength) {
    throw new VisibleError(
      400,
      sentence("problem.titleLength", { limit: limits.titleLength }),
    );
  }
  return { title };
}

const maxTokens = z.coerce.number().int().min(1).max(1_000_000);
const temperature = z.coerce.number().min(0).max(limits.maxTemperature);

/** @throws VisibleError 413 if they are too long. */
export function instructionsOf(form: Form): string {
  const instructions = form.get("instructions") ?? "";
  const { instructionsBytes: most } = limits;
  if (Buffer.byteLength(instructions) <= most) return instructions;
  throw new VisibleError(
    413,
    sentence("problem.instructions", { kilobytes: most / 1024 }),
  );
}

function optionsOf(form: Form): ConversationChanges {
  const read = (name: string, schema: z.ZodType<number>, fault: Sentence) => {
    const text = form.get(name)?.trim();
    if (!text) return null;
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    throw new VisibleError(400, fault);
  };
  return {
    maxTokens: read("maxTokens", maxTokens, sentence("problem.maxTokens")),
    temperature: read(
      "temperature",
      temperature,
      sentence("problem.temperature", { max: limits.maxTemperature }),
    ),
    // A page of an earlier version of the program has no such field.
    ...(form.has("instructions") && { instructions: instructionsOf(form) }),
  };
}
