import type { OperationId } from "../../core/api/operations";

export type Kind =
  | "conversation"
  | "conversations"
  | "project"
  | "projects"
  | "search"
  | "settings";

export type Change =
  "message" | "conversation" | "project" | "settings" | "everything";

/** The kinds of records that each change affects. */
export type Relations = Readonly<Record<Change, readonly Kind[]>>;

/**
 * - A message belongs to its conversation, brings that to the top of the list, adds to its
 *   project's usage, and can be found.
 * - A conversation's settings show on its own page, in the lists, on the pages of the projects that it
 *   leaves and joins, and in what is found. They include its title, pin, archive and deletion.
 * - A project's name shows in the list of projects and on its own page; if it is deleted, its
 *   conversations have none, wherever they are shown.
 * - The owner's settings show on their own page, and in the message box.
 * - An erasure changes everything.
 */
export const relations: Relations = {
  message: ["conversation", "conversations", "project", "search"],
  conversation: ["conversation", "conversations", "project", "search"],
  project: ["project", "projects", "conversation", "conversations", "search"],
  settings: ["settings"],
  everything: [
    "project",
    "projects",
    "conversation",
    "conversations",
    "search",
    "settings",
  ],
};

/** The kinds of records that the answer to each read is made of. */
export const reads = {
  readOverview: ["conversations", "projects"],
  listConversations: ["conversations", "projects"],
  listDeleted: ["conversations", "projects"],
  readDeleted: ["conversations", "projects"],
  readConversation: ["conversation"],
  readProject: ["project"],
  search: ["search"],
  readSettings: ["settings"],
} satisfies Partial<Record<OperationId, readonly Kind[]>>;

/** The change that each write makes. */
export const changes = {
  createConversation: "message",
  forkConversation: "message",
  sendMessage: "message",
  editQueuedMessage: "message",
  withdrawQueuedMessage: "message",
  continueQueue: "message",
  stopReply: "message",
  retryReply: "message",
  regenerateReply: "message",
  changeConversation: "conversation",
  deleteConversation: "conversation",
  restoreConversation: "conversation",
  purgeConversation: "conversation",
  deleteTurn: "message",
  restoreTurn: "message",
  continueImport: "project",
  createProject: "project",
  eraseOwner: "everything",
  changeProject: "project",
  deleteProject: "project",
  changeSettings: "settings",
  createSavedPrompt: "settings",
  changeSavedPrompt: "settings",
  deleteSavedPrompt: "settings",
} satisfies Partial<Record<OperationId, Change>>;
