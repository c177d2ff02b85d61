import type { Bin } from "../conversations/bin";
import { type BackendRouter, implement } from "./implement";

export function serveBin(router: BackendRouter, bin: Bin): void {
  implement(router, "listDeleted", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    ctx.body = await bin.list(ownerHash, input.query);
  });
  implement(router, "readDeleted", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    ctx.body = await bin.read(ownerHash, input.params.id);
  });
  implement(router, "purgeConversation", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    await bin.purge(ownerHash, input.params.id);
  });
}
