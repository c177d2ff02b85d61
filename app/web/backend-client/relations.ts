export type Kind =
  "conversation" | "conversations" | "project" | "projects" | "search";

export type Change = "message" | "conversation" | "project";

/** The kinds of records that each change affects. */
export type Relations = Readonly<Record<Change, readonly Kind[]>>;

/**
 * - A message belongs to its conversation, brings that to the top of the list, adds to its
 *   project's usage, and can be found.
 * - A conversation's title, project or deletion shows on its own page, in the list, on the pages
 *   of the projects that it leaves and joins, and in what is found.
 * - A project's name shows in the list of projects and on its own page; if it is deleted, its
 *   conversations have none, wherever they are shown.
 */
export const relations: Relations = {
  message: ["conversation", "conversations", "project", "search"],
  conversation: ["conversation", "conversations", "project", "search"],
  project: ["project", "projects", "conversation", "conversations", "search"],
};
