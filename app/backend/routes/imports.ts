import type { Imports } from "../imports/imports";
import { receive } from "./files";
import { type BackendRouter, implement } from "./implement";

/** Imports of conversations: the upload of a file is a stream. */
export function serveImports(router: BackendRouter, imports: Imports): void {
  router.post("/v1/imports", async (ctx) => {
    ctx.state.operation = "beginImport";
    await receive(ctx, (owner, sent) => imports.begin(owner, sent));
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
