import type { Conversations } from "../conversations/conversations";
import type { Models } from "../models/create-models";
import type { Search } from "../conversations/search";
import type { Projects } from "../projects/projects";
import { type BackendRouter, implement } from "./implement";

export function serveOverview(
  router: BackendRouter,
  deps: {
    conversations: Conversations;
    projects: Projects;
    models: Models;
    search: Search;
  },
): void {
  const { conversations, projects, models, search } = deps;
  implement(router, "readOverview", async ({ query }, { ownerHash }) => {
    const [list, owned, offered] = await Promise.all([
      conversations.list(ownerHash, query),
      projects.list(ownerHash),
      models.list(),
    ]);
    return { ...list, projects: owned, models: offered };
  });
  implement(router, "listModels", async () => ({
    models: await models.list(),
  }));
  implement(router, "search", ({ query }, { ownerHash, signal }) =>
    search.find(ownerHash, query.q, signal),
  );
}
