import { createHash, randomUUID } from "node:crypto";
import type { Router } from "@koa/router";
import { VisibleError } from "../../core/domain/errors";
import type { Import } from "../../core/domain/records";
import { sentence } from "../../core/texts/catalogue";
import type { WebContext, WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { idOf } from "../pages/params";
import { seeOther, sendPage, type Page } from "../pages/render-page";
import { viewImport } from "../pages/view-import";
import { passOn, type UploadDeps } from "./files";
import { createRouter } from "./create-router";

/** A client sends two files to import at the same time, no more. */
const WEIGHT = 10;

/** The pause before the page of an import that goes on is loaded again. */
const REFRESH_SECONDS = 1;

/**
 * Imports of conversations. The page of an import continues it and loads itself again until it is done: so it
 * works without a script, and waits while the page is closed.
 */
export function importRoutes(deps: RouteDeps & UploadDeps): Router<WebState> {
  const { api } = deps;
  const router = createRouter({ prefix: "/data/imports" });
  router.get("/", (ctx) => sendPage(ctx, deps, listPage(ctx, deps)));
  router.post("/", async (ctx) => {
    const { id } = await begin(ctx, deps);
    seeOther(ctx, `/data/imports/${id}`);
  });
  router.get("/:id", async (ctx) => {
    const made = await api.continueImport(ctx.state.api, idOf(ctx, "import"));
    const { isGoingOn } = viewImport(made, ctx.state.locale);
    if (isGoingOn) ctx.set("refresh", String(REFRESH_SECONDS));
    await sendPage(ctx, deps, importPage(ctx, made));
  });
  router.post("/:id/delete", async (ctx) => {
    await api.deleteImport(ctx.state.api, idOf(ctx, "import"));
    seeOther(ctx, "/data/imports");
  });
  return router;
}

async function begin(
  ctx: WebContext,
  deps: RouteDeps & UploadDeps,
): Promise<Import> {
  const { api: context, multipart, form } = ctx.state;
  const formKey = form.get("key") ?? randomUUID();
  for await (const { name, content } of multipart?.files() ?? []) {
    // The same form sent twice begins one import.
    const key = createHash("sha256")
      .update(`${formKey}\n${name}`)
      .digest("base64url");
    return passOn(ctx, deps, { content, weight: WEIGHT }, (passed) =>
      deps.api.beginImport(context, { name, key, content: passed }),
    );
  }
  throw new VisibleError(400, sentence("problem.import.noFile"));
}

async function listPage(ctx: WebContext, { api }: RouteDeps): Promise<Page> {
  const imports = await api.listImports(ctx.state.api);
  const { locale } = ctx.state;
  return {
    template: "imports.njk",
    title: locale.t("import.title"),
    data: {
      key: randomUUID(),
      imports: imports.map((made) => viewImport(made, locale)),
    },
  };
}

function importPage(ctx: WebContext, made: Import): Page {
  const { locale } = ctx.state;
  return {
    template: "import.njk",
    title: locale.t("import.title"),
    data: { made: viewImport(made, locale) },
  };
}
