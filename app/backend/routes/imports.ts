import { FILE_NAME_HEADER } from "../../core/api/file-operations";
import type { Imports } from "../imports/imports";
import { keyOf } from "../middleware/validate";
import { bytesOf, fileName, requireBytes } from "./files";
import { type BackendRouter, implement } from "./implement";

/** Imports of conversations: the upload of a file is a stream. */
export function serveImports(router: BackendRouter, imports: Imports): void {
  router.post("/v1/imports", async (ctx) => {
    ctx.state.operation = "beginImport";
    const name = fileName(ctx.get(FILE_NAME_HEADER));
    const key = keyOf({ repeatable: "keyed" }, ctx);
    requireBytes(ctx.req);
    const content = bytesOf(ctx.req);
    ctx.body = await imports
      .begin(ctx.state.ownerHash, { name, content, key })
      .finally(() => ctx.req.resume());
    ctx.status = 201;
  });
  implement(router, "listImports", async (ctx) => {
    ctx.body = { imports: await imports.list(ctx.state.ownerHash) };
  });
  implement(router, "continueImport", async (ctx) => {
    const { ownerHash, input, signal } = ctx.state;
    ctx.body = await imports.continue(ownerHash, input.params.id, signal);
  });
  implement(router, "deleteImport", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    await imports.remove(ownerHash, input.params.id);
  });
}
