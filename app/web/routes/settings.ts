import { Router } from "@koa/router";
import {
  savePreferences,
  toLanguage,
  toTheme,
} from "../middleware/read-preferences";
import type { WebContext, WebState } from "../middleware/web-context";
import { checkModel } from "../pages/choose-model";
import type { RouteDeps } from "../pages/page-deps";
import { seeOther, sendPage, type Page } from "../pages/render-page";

/** The settings of a visitor. */
export function settingsRoutes(deps: RouteDeps): Router<WebState> {
  const router = new Router<WebState>({ prefix: "/settings" });
  router.get("/", (ctx) => sendPage(ctx, deps, settingsPage(ctx)));
  router.post("/", async (ctx) => {
    await save(ctx, deps);
    // The script says so itself.
    seeOther(ctx, ctx.state.scripted ? "/settings" : "/settings?saved=yes");
  });
  return router;
}

function settingsPage(ctx: WebContext): Page {
  const { defaultModel } = ctx.state.visitor.values;
  return {
    template: "settings.njk",
    title: "Settings",
    data: { defaultModel, saved: ctx.query.saved === "yes" },
  };
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
