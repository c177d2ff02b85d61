import { sentence } from "../../core/texts/catalogue";
import { createHash, randomUUID } from "node:crypto";
import type { Router } from "@koa/router";
import { toVisibleError, VisibleError } from "../../core/domain/errors";
import { limits, type OwnerSettings } from "../../core/domain/records";
import { isVisible } from "../../core/domain/text";
import {
  savePreferences,
  toLanguage,
  toTheme,
} from "../middleware/read-preferences";
import type { Form, WebContext, WebState } from "../middleware/web-context";
import { checkModel } from "../pages/choose-model";
import type { RouteDeps } from "../pages/page-deps";
import { idOf } from "../pages/params";
import { seeOther, sendPage, type Page } from "../pages/render-page";
import { instructionsOf } from "./conversations";
import { createRouter } from "./create-router";

/** The settings of a visitor: of the browser, of the session, and of the owner. */
export function settingsRoutes(deps: RouteDeps): Router<WebState> {
  const { api } = deps;
  const router = createRouter({ prefix: "/settings" });
  const change = (
    path: string,
    work: (ctx: WebContext) => Promise<unknown>,
    section = "",
  ) =>
    router.post(path, async (ctx) => {
      await work(ctx);
      // The script says so itself.
      const saved = ctx.state.scripted ? "" : "?saved=yes";
      seeOther(ctx, `/settings${saved}${section}`);
    });

  router.get("/", (ctx) => sendPage(ctx, deps, settingsPage(ctx, deps)));
  router.get("/prompts", async (ctx) => {
    ctx.set("cache-control", "no-store");
    ctx.body = (await api.readSettings(ctx.state.api)).savedPrompts;
  });
  change("/", (ctx) => save(ctx, deps));
  change("/instructions", ({ state }) =>
    api.changeSettings(state.api, { instructions: instructionsOf(state.form) }),
  );
  change(
    "/prompts",
    ({ state }) => {
      const prompt = promptOf(state.form);
      const key = keyOf(state.form.get("key"), prompt);
      return api.savePrompt(state.api, { ...prompt, key });
    },
    "#saved-prompts",
  );
  change(
    "/prompts/:id",
    (ctx) => {
      const { api: context, form } = ctx.state;
      const id = idOf(ctx, "savedPrompt");
      return api.changeSavedPrompt(context, id, promptOf(form));
    },
    "#saved-prompts",
  );
  change(
    "/prompts/:id/delete",
    (ctx) => api.deleteSavedPrompt(ctx.state.api, idOf(ctx, "savedPrompt")),
    "#saved-prompts",
  );
  return router;
}

/** Shown without the owner's settings if no backend answers. */
async function settingsPage(ctx: WebContext, deps: RouteDeps): Promise<Page> {
  const { defaultModel } = ctx.state.visitor.values;
  return {
    template: "settings.njk",
    title: ctx.state.locale.t("title.settings"),
    data: {
      defaultModel,
      saved: ctx.query.saved === "yes",
      key: randomUUID(),
      ...(await readSettings(ctx, deps)),
    },
  };
}

async function readSettings(
  { state }: WebContext,
  { api }: RouteDeps,
): Promise<{ own?: OwnerSettings; problem?: string }> {
  try {
    return { own: await api.readSettings(state.api) };
  } catch (error) {
    return { problem: toVisibleError(error).message };
  }
}

async function save(ctx: WebContext, { api }: RouteDeps): Promise<void> {
  const { form, visitor, api: context } = ctx.state;
  savePreferences(ctx, {
    theme: toTheme(form.get("theme")),
    language: toLanguage(form.get("language")),
    enterIsNewline: form.get("enter") === "newline",
  });
  // Absent while the list of models can't be read.
  const model = form.get("model");
  if (model === undefined || model === (visitor.values.defaultModel ?? "")) {
    return;
  }
  if (model === "") delete visitor.values.defaultModel;
  else {
    await checkModel(api, context, model);
    visitor.values.defaultModel = model;
  }
}

function promptOf(form: Form): { name: string; text: string } {
  const name = (form.get("name") ?? "").trim();
  const text = form.get("text") ?? "";
  if (!isVisible(name) || name.length > limits.nameLength || !isVisible(text)) {
    throw new VisibleError(
      400,
      sentence("problem.savedPromptName", { limit: limits.nameLength }),
    );
  }
  if (Buffer.byteLength(text) <= limits.savedPromptBytes) return { name, text };
  throw new VisibleError(
    413,
    sentence("problem.savedPromptLength", {
      kilobytes: limits.savedPromptBytes / 1024,
    }),
  );
}

/** What was changed before it was sent again is another prompt. */
function keyOf(
  formKey: string | undefined,
  { name, text }: { name: string; text: string },
): string | undefined {
  if (!formKey) return undefined;
  return createHash("sha256")
    .update([formKey, name, text].join("\n"))
    .digest("base64url")
    .slice(0, 32);
}
