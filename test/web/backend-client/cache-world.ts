import type { Change, Kind } from "../../../app/web/backend-client/relations";

/** Minimal records of an owner. */
export interface World {
  conversations: Record<string, Conversation>;
  /** Names; `null` after deletion. */
  projects: Record<string, string | null>;
  settings: string;
}

interface Conversation {
  title: string;
  project: string | null;
  messages: number;
  isDeleted: boolean;
}

/** The initial state: two conversations, each in its own project. */
export const firstWorld = (): World => ({
  conversations: {
    c0: { title: "new", project: "p0", messages: 0, isDeleted: false },
    c1: { title: "new", project: "p1", messages: 0, isDeleted: false },
  },
  projects: { p0: "name", p1: "name" },
  settings: "",
});

/** @param to The new value; every number is valid. */
export function alter(
  world: World,
  what: Change,
  id: number,
  to: number,
): void {
  const conversation = world.conversations[`c${id}`]!;
  const project = `p${to % 2}`;
  if (what === "message") conversation.messages += 1;
  else if (what === "settings") world.settings = `text ${to}`;
  else if (what === "everything") erase(world);
  else if (what === "project") {
    world.projects[project] = to % 3 === 0 ? null : `name ${to}`;
  } else if (to % 3 === 0) conversation.isDeleted = !conversation.isDeleted;
  else if (to % 3 === 1) conversation.project = project;
  else conversation.title = `title ${to}`;
}

function erase(world: World): void {
  for (const one of Object.values(world.conversations)) one.isDeleted = true;
  world.projects = { p0: null, p1: null };
  world.settings = "";
}

/** The visible values of a record. */
export function render(world: World, record: Kind, id: number): string {
  const project = `p${id}`;
  const all = Object.entries(world.conversations)
    .filter(([, { isDeleted }]) => !isDeleted)
    .map(([name, one]) => ({ name, ...one, project: living(world, one) }));
  const shown: Record<Kind, () => unknown> = {
    conversation: () => all.find(({ name }) => name === `c${id}`) ?? null,
    conversations: () => all,
    projects: () => world.projects,
    project: () => [
      world.projects[project] ?? null,
      all.filter((one) => one.project === project),
    ],
    search: () => [all, world.projects],
    settings: () => world.settings,
  };
  return JSON.stringify(shown[record]());
}

function living(world: World, { project }: Conversation): string | null {
  return project !== null && world.projects[project] ? project : null;
}
