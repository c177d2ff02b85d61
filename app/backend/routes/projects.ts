import type { ProjectPages } from "../projects/project-pages";
import type { Projects } from "../projects/projects";
import { type BackendRouter, implement } from "./implement";

export function serveProjects(
  router: BackendRouter,
  projects: Projects,
  pages: ProjectPages,
): void {
  implement(router, "listProjects", async (_, { ownerHash }) => ({
    projects: await projects.list(ownerHash),
  }));
  implement(router, "createProject", ({ body }, { ownerHash, key }) =>
    projects.create(ownerHash, body, key),
  );
  implement(router, "readProject", ({ params }, { ownerHash }) =>
    pages.read(ownerHash, params.id),
  );
  implement(router, "changeProject", ({ params, body }, { ownerHash }) =>
    projects.change(ownerHash, params.id, body),
  );
  implement(router, "deleteProject", async ({ params }, { ownerHash }) => {
    await projects.delete(ownerHash, params.id);
    return undefined;
  });
}
