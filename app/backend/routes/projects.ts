import type { ProjectPages } from "../projects/project-pages";
import type { Projects } from "../projects/projects";
import { type BackendRouter, implement } from "./implement";

export function serveProjects(
  router: BackendRouter,
  projects: Projects,
  pages: ProjectPages,
): void {
  implement(router, "listProjects", async (ctx) => {
    ctx.body = { projects: await projects.list(ctx.state.ownerHash) };
  });
  implement(router, "createProject", async (ctx) => {
    const { ownerHash, input, key } = ctx.state;
    ctx.body = await projects.create(ownerHash, input.body, key);
  });
  implement(router, "readProject", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    ctx.body = await pages.read(ownerHash, input.params.id);
  });
  implement(router, "changeProject", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    ctx.body = await projects.change(ownerHash, input.params.id, input.body);
  });
  implement(router, "deleteProject", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    await projects.delete(ownerHash, input.params.id);
  });
}
