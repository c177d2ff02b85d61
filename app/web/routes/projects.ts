import { sentence } from "../../core/texts/catalogue";
import { randomUUID } from "node:crypto";
import type { Router } from "@koa/router";
import { VisibleError } from "../../core/domain/errors";
import { isVisible } from "../../core/domain/text";
import { limits } from "../../core/domain/records";
import type { Form, WebContext, WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { idOf } from "../pages/params";
import { viewActions, viewDone } from "../pages/selection";
import { seeOther, sendPage, type Page } from "../pages/render-page";
import { createRouter } from "./create-router";

/** Projects: a name, instructions for every prompt, and usage. */
export function projectRoutes(deps: RouteDeps): Router<WebState> {
  const { api } = deps;
  const router = createRouter({ prefix: "/projects" });
  router.get("/", (ctx) =>
    sendPage(ctx, deps, {
      template: "projects.njk",
      title: ctx.state.locale.t("title.projects"),
    }),
  );
  router.post("/", async (ctx) => {
    const fields = projectOf(ctx.state.form);
    const project = await api.createProject(ctx.state.api, fields);
    seeOther(ctx, `/projects/${project.id}`);
  });
  router.get("/:id", (ctx) => sendPage(ctx, deps, projectPage(ctx, deps)));
  router.post("/:id", async (ctx) => {
    const id = idOf(ctx, "project");
    const changes = projectOf(ctx.state.form);
    await api.changeProject(ctx.state.api, id, changes);
    // The script says so itself.
    const saved = ctx.state.scripted ? "" : "&saved=yes";
    seeOther(ctx, `/projects/${id}?tab=instructions${saved}`);
  });
  router.post("/:id/delete", async (ctx) => {
    await api.deleteProject(ctx.state.api, idOf(ctx, "project"));
    seeOther(ctx, "/projects");
  });
  return router;
}

/**
 * The parts of a project's page. They are in its query: an earlier version of the program, which may answer during a
 * rollout, shows all of them at the same address.
 */
const TABS = {
  conversations: "tab.conversations",
  instructions: "tab.instructions",
  usage: "tab.usage",
} as const;

async function projectPage(ctx: WebContext, { api }: RouteDeps): Promise<Page> {
  const id = idOf(ctx, "project");
  const read = await api.readProject(ctx.state.api, id);
  const wanted = String(ctx.query.tab);
  const tab = Object.hasOwn(TABS, wanted) ? wanted : "conversations";
  return {
    template: "project.njk",
    title: read.project.name,
    current: id,
    data: {
      ...read,
      tab,
      tabs: Object.entries(TABS).map(([name, key]) => ({
        name,
        label: ctx.state.locale.t(key),
        href: `/projects/${id}${name === "conversations" ? "" : `?tab=${name}`}`,
      })),
      saved: ctx.query.saved === "yes",
      back: `/projects/${id}`,
      selection: viewActions("conversations", ctx.state.locale),
      done: viewDone(ctx),
      composer:
        tab === "conversations"
          ? { action: "/conversations", key: randomUUID(), project: id }
          : undefined,
    },
  };
}

function projectOf(form: Form): { name: string; instructions: string } {
  const name = (form.get("name") ?? "").trim();
  const instructions = form.get("instructions") ?? "";
  if (!isVisible(name) || name.length > limits.nameLength) {
    throw new VisibleError(
      400,
      sentence("problem.projectName", { limit: limits.nameLength }),
    );
  }
  if (Buffer.byteLength(instructions) > limits.instructionsBytes) {
    throw new VisibleError(
      413,
      sentence("problem.projectInstructions", {
        kilobytes: limits.instructionsBytes / 1024,
      }),
    );
  }
  return { name, instructions };
}
