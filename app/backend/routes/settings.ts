import type { OwnerSettings } from "../owners/owner-settings";
import { type BackendRouter, implement } from "./implement";

export function serveSettings(
  router: BackendRouter,
  settings: OwnerSettings,
): void {
  implement(router, "readSettings", async (ctx) => {
    ctx.body = await settings.read(ctx.state.ownerHash);
  });
  implement(router, "changeSettings", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const { instructions } = input.body;
    ctx.body = await settings.setInstructions(ownerHash, instructions);
  });
  implement(router, "createSavedPrompt", async (ctx) => {
    const { ownerHash, input, key } = ctx.state;
    ctx.body = await settings.addPrompt(ownerHash, input.body, key);
  });
  implement(router, "changeSavedPrompt", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const { id } = input.params;
    ctx.body = await settings.changePrompt(ownerHash, id, input.body);
  });
  implement(router, "deleteSavedPrompt", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    await settings.deletePrompt(ownerHash, input.params.id);
  });
}
