import { NotFoundError } from "../../core/domain/errors";
import { idPattern } from "../../core/domain/records";
import type { Links } from "../links/links";
import type { SharedPages } from "../links/shared-pages";
import { sendFile } from "./files";
import { type BackendRouter, implement } from "./implement";

export interface LinkRoutesDeps {
  links: Links;
  sharedPages: SharedPages;
}

/** Shared links: for their owners, and for everyone who has a token. */
export function serveLinks(
  router: BackendRouter,
  { links, sharedPages }: LinkRoutesDeps,
): void {
  implement(router, "createLink", async (ctx) => {
    const { input, key } = ctx.state;
    const { params, body } = input;
    ctx.body = await links.create(ctx.state, params.id, body.through, key);
  });
  implement(router, "listLinks", async (ctx) => {
    const { conversation } = ctx.state.input.query;
    ctx.body = { links: await links.list(ctx.state, conversation) };
  });
  implement(router, "revokeLink", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    await links.revoke(ownerHash, input.params.id);
  });
  implement(router, "readShared", async (ctx) => {
    const { params, query } = ctx.state.input;
    const { messages: limit, characters, before } = query;
    const part = { limit, characters, before };
    ctx.body = await sharedPages.read(params.token, part);
  });
  serveSharedFiles(router, sharedPages);
}

function serveSharedFiles(
  router: BackendRouter,
  sharedPages: SharedPages,
): void {
  const route = "/v1/shared/:token/messages/:number/files/:file";
  router.get(route, async (ctx) => {
    ctx.state.operation = "readSharedFile";
    const { token = "", number = "", file = "" } = ctx.params;
    if (!idPattern.test(token) || !idPattern.test(file)) {
      throw new NotFoundError("file");
    }
    const found = await sharedPages.openFile(token, Number(number), file);
    await sendFile(ctx, found.about, found.file);
  });
}
