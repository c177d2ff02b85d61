import type { Conversations } from "../conversations/conversations";
import type { Models } from "../models/create-models";
import type { Search } from "../conversations/search";
import type { Quotas } from "../owners/quotas";
import type { Projects } from "../projects/projects";
import { type BackendRouter, implement } from "./implement";

export function serveOverview(
  router: BackendRouter,
  deps: {
    conversations: Conversations;
    projects: Projects;
    models: Models;
    quotas: Quotas;
    search: Search;
  },
): void {
  const { conversations, projects, models, quotas, search } = deps;
  implement(router, "readOverview", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    // Together: all three of the owner's need one listing then.
    const [list, pinned, owned, offered] = await Promise.all([
      conversations.list(ownerHash, input.query),
      conversations.pinned(ownerHash),
      projects.list(ownerHash),
      models.list(),
    ]);
    ctx.body = {
      ...list,
      pinned,
      projects: owned,
      models: offered,
      quotas: await quotas.known(ownerHash),
    };
  });
  implement(router, "listModels", async (ctx) => {
    ctx.body = { models: await models.list() };
  });
  implement(router, "search", async (ctx) => {
    const { ownerHash, input, signal } = ctx.state;
    const { q = "", ...filters } = input.query;
    const client = ctx.get("keepsake-client");
    ctx.body = await search.find(ownerHash, q, signal, client, filters);
  });
}
