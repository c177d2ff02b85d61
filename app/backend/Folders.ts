import path from "node:path";

/** Where everything lies in `DATA_DIRECTORY`. */
export interface Folders {
  activity(ownerHash: string): string;
  settings(ownerHash: string, conversation: string): string;
  messages(ownerHash: string, conversation: string): string;
  reply(ownerHash: string, conversation: string, number: number): string;
  project(ownerHash: string, project: string): string;
  /** Of all owners: a file for each reply in progress. */
  readonly inProgress: string;
}

const SETTINGS =
  /^owners\/[0-9a-f]{2}\/([0-9a-f]{64})\/conversations\/([a-z2-7]{26})\/settings$/;

/** Whose settings a folder holds; `undefined` if it holds no conversation's. */
export function conversationOf(
  dataDirectory: string,
  folder: string,
): { ownerHash: string; conversation: string } | undefined {
  const match = SETTINGS.exec(path.relative(dataDirectory, folder));
  const [, ownerHash, conversation] = match ?? [];
  return ownerHash && conversation ? { ownerHash, conversation } : undefined;
}

/** Grouped by owner, so that no list reads another's folder, and no folder grows without bound. */
export function foldersIn(dataDirectory: string): Folders {
  const owner = (hash: string) =>
    path.join(dataDirectory, "owners", hash.slice(0, 2), hash);
  const conversation = (hash: string, id: string) =>
    path.join(owner(hash), "conversations", id);
  return {
    activity: (hash) => path.join(owner(hash), "activity"),
    settings: (hash, id) => path.join(conversation(hash, id), "settings"),
    messages: (hash, id) => path.join(conversation(hash, id), "messages"),
    reply: (hash, id, number) =>
      path.join(conversation(hash, id), "replies", String(number)),
    project: (hash, id) => path.join(owner(hash), "projects", id),
    inProgress: path.join(dataDirectory, "in-progress"),
  };
}
