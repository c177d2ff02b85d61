import type { OwnerEraser } from "../owners/owner-eraser";
import { type BackendRouter, implement } from "./implement";

export function serveOwner(router: BackendRouter, eraser: OwnerEraser): void {
  implement(router, "eraseOwner", async (ctx) => {
    await eraser.erase(ctx.state.ownerHash);
  });
}
