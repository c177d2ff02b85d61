import { z } from "zod";
import { Conversation, limits, ModelUsage, Project } from "../domain/records";
import { textField, visiblePattern } from "../domain/text";
import { byId, empty, none } from "./inputs";
import { operation } from "./operation";

const projectName = textField()
  .max(limits.nameLength)
  .regex(visiblePattern, "is empty");
const instructions = textField()
  .max(limits.instructionsBytes)
  .meta({
    description: `At most ${limits.instructionsBytes} bytes as UTF-8. They go with every prompt of the project's conversations.`,
  });

export const projectOperations = {
  listProjects: operation({
    method: "get",
    path: "/v1/projects",
    tag: "Projects",
    summary: "The owner's projects, by name",
    params: none,
    query: none,
    body: empty,
    status: 200,
    answer: z
      .object({ projects: z.array(Project) })
      .meta({ id: "ProjectList" }),
    errors: [],
    repeatable: "always",
  }),
  createProject: operation({
    method: "post",
    path: "/v1/projects",
    tag: "Projects",
    summary: "Creates a project",
    params: none,
    query: none,
    body: z.object({
      name: projectName,
      instructions: instructions.optional(),
    }),
    status: 201,
    answer: Project,
    errors: [413],
    repeatable: "keyed",
  }),
  readProject: operation({
    method: "get",
    path: "/v1/projects/{id}",
    tag: "Projects",
    summary: "A project, its most recent conversations and its usage by model",
    params: byId,
    query: none,
    body: empty,
    status: 200,
    answer: z
      .object({
        project: Project,
        conversations: z.array(Conversation),
        usage: z.array(ModelUsage),
      })
      .meta({ id: "ProjectPage" }),
    errors: [404],
    repeatable: "always",
  }),
  changeProject: operation({
    method: "patch",
    path: "/v1/projects/{id}",
    tag: "Projects",
    summary: "Changes the name or instructions of a project",
    params: byId,
    query: none,
    body: z.object({
      name: projectName.optional(),
      instructions: instructions.optional(),
    }),
    status: 200,
    answer: Project,
    errors: [404, 413],
    repeatable: "always",
  }),
  deleteProject: operation({
    method: "delete",
    path: "/v1/projects/{id}",
    tag: "Projects",
    summary: "Deletes a project, but not its conversations",
    params: byId,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [404],
    repeatable: "always",
  }),
};
