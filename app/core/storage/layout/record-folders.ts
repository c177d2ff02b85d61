import path from "node:path";
import { folderOf } from "./hashes";

/** Identifies a conversation. */
export interface ConversationRef {
  ownerHash: string;
  conversation: string;
}

/** Identifies a shared link. */
export interface LinkRef {
  ownerHash: string;
  link: string;
}

/** Identifies a reply. */
export interface ReplyRef extends ConversationRef {
  /** Even: the number of the message that the reply becomes. */
  number: number;
}

/** The layout of `DATA_DIRECTORY`. */
export interface RecordFolders {
  /** The parent of all owners' folders. */
  readonly owners: string;
  /** Contains all of an owner's data. */
  owner(ownerHash: string): string;
  ownerEvents(ownerHash: string): string;
  /** The owner's instructions and saved prompts. */
  ownerSettings(ownerHash: string): string;
  /** Contains the visit markers of an anonymous owner; see `visits.ts`. */
  visits(ownerHash: string): string;
  /** The parent of all folders of an owner's conversations. */
  conversations(ownerHash: string): string;
  settings(ownerHash: string, conversation: string): string;
  messages(ownerHash: string, conversation: string): string;
  /** The log of the prompts that are queued. */
  queue(of: ConversationRef): string;
  reply(ref: ReplyRef): string;
  /** The uploaded files that no message has yet. */
  uploads(ownerHash: string): string;
  /** The parent of all folders of an owner's imports. */
  imports(ownerHash: string): string;
  /** Contains a file that is imported, and the progress. */
  import(ownerHash: string, id: string): string;
  /** The files of a conversation's messages. */
  files(of: ConversationRef): string;
  /** The parent of all folders of an owner's projects. */
  projects(ownerHash: string): string;
  project(ownerHash: string, project: string): string;
  /** The parent of all folders of an owner's shared links. */
  links(ownerHash: string): string;
  link(ref: LinkRef): string;
  /** The parent of the files by which the token of a shared link is looked up. */
  readonly shared: string;
  /** Contains a file for each unfinished reply of any owner. */
  readonly activeReplies: string;
}

/** The folder into which `check-data` moves files that can't be used. */
export const LOST_AND_FOUND = "lost+found";

const SETTINGS =
  /^owners\/[0-9a-f]{2}\/([0-9a-f]{64})\/conversations\/([a-z2-7]{26})\/settings$/;

/** The conversation whose settings are in this folder; `undefined` for any other folder. */
export function conversationOf(
  dataDirectory: string,
  folder: string,
): { ownerHash: string; conversation: string } | undefined {
  const match = SETTINGS.exec(path.relative(dataDirectory, folder));
  const [, ownerHash, conversation] = match ?? [];
  return ownerHash && conversation ? { ownerHash, conversation } : undefined;
}

const CONVERSATION =
  /^owners\/[0-9a-f]{2}\/([0-9a-f]{64})\/conversations\/([a-z2-7]{26})$/;

/** The conversation that has all of its data in this folder; `undefined` for any other folder. */
export function conversationIn(
  dataDirectory: string,
  folder: string,
): ConversationRef | undefined {
  const match = CONVERSATION.exec(path.relative(dataDirectory, folder));
  const [, ownerHash, conversation] = match ?? [];
  return ownerHash && conversation ? { ownerHash, conversation } : undefined;
}

const REPLY =
  /^owners\/[0-9a-f]{2}\/([0-9a-f]{64})\/conversations\/([a-z2-7]{26})\/replies\/([1-9]\d{0,8})$/;

/** The reply that has its log in this folder; `undefined` for any other folder. */
export function replyOf(
  dataDirectory: string,
  folder: string,
): ReplyRef | undefined {
  const match = REPLY.exec(path.relative(dataDirectory, folder));
  const [, ownerHash, conversation, number] = match ?? [];
  if (!ownerHash || !conversation) return undefined;
  return { ownerHash, conversation, number: Number(number) };
}

const FILES =
  /^owners\/[0-9a-f]{2}\/([0-9a-f]{64})\/conversations\/([a-z2-7]{26})\/files$/;

/** The conversation that has its files in this folder; `undefined` for any other folder. */
export function conversationOfFiles(
  dataDirectory: string,
  folder: string,
): ConversationRef | undefined {
  const match = FILES.exec(path.relative(dataDirectory, folder));
  const [, ownerHash, conversation] = match ?? [];
  return ownerHash && conversation ? { ownerHash, conversation } : undefined;
}

const IMPORT = /^owners\/[0-9a-f]{2}\/[0-9a-f]{64}\/imports\/[a-z2-7]{26}$/;

/** True for the folder of an import. */
export const isImport = (dataDirectory: string, folder: string): boolean =>
  IMPORT.test(path.relative(dataDirectory, folder));

const UPLOADS = /^owners\/[0-9a-f]{2}\/[0-9a-f]{64}\/uploads$/;

/** True for an owner's folder of uploads. */
export const isUploads = (dataDirectory: string, folder: string): boolean =>
  UPLOADS.test(path.relative(dataDirectory, folder));

const LINK = /^owners\/[0-9a-f]{2}\/([0-9a-f]{64})\/links\/([a-z2-7]{26})$/;

/** The shared link that is in this folder; `undefined` for any other folder. */
export function linkOf(
  dataDirectory: string,
  folder: string,
): LinkRef | undefined {
  const match = LINK.exec(path.relative(dataDirectory, folder));
  const [, ownerHash, link] = match ?? [];
  return ownerHash && link ? { ownerHash, link } : undefined;
}

const SHARED = /^shared\/[0-9a-f]{2}$/;

/** True for a folder of files by which tokens are looked up. */
export const isShared = (dataDirectory: string, folder: string): boolean =>
  SHARED.test(path.relative(dataDirectory, folder));

const OWNER = /^owners\/[0-9a-f]{2}\/([0-9a-f]{64})$/;

/** The hash of the owner that has this folder; `undefined` for any other folder. */
export const ownerOf = (
  dataDirectory: string,
  folder: string,
): string | undefined => OWNER.exec(path.relative(dataDirectory, folder))?.[1];

/** Grouped by owner, so that no list reads another's folder. */
export function recordFoldersIn(dataDirectory: string): RecordFolders {
  const owners = path.join(dataDirectory, "owners");
  const owner = (hash: string) => folderOf(owners, hash);
  const conversations = (hash: string) =>
    path.join(owner(hash), "conversations");
  const conversation = (hash: string, id: string) =>
    path.join(conversations(hash), id);
  const projects = (hash: string) => path.join(owner(hash), "projects");
  const links = (hash: string) => path.join(owner(hash), "links");
  return {
    owners,
    owner,
    visits: (hash) => path.join(owner(hash), "visits"),
    ownerEvents: (hash) => path.join(owner(hash), "activity"),
    ownerSettings: (hash) => path.join(owner(hash), "settings"),
    conversations,
    settings: (hash, id) => path.join(conversation(hash, id), "settings"),
    messages: (hash, id) => path.join(conversation(hash, id), "messages"),
    queue: ({ ownerHash, conversation: id }) =>
      path.join(conversation(ownerHash, id), "queue"),
    reply: ({ ownerHash, conversation: id, number }) =>
      path.join(conversation(ownerHash, id), "replies", String(number)),
    imports: (hash) => path.join(owner(hash), "imports"),
    import: (hash, id) => path.join(owner(hash), "imports", id),
    uploads: (hash) => path.join(owner(hash), "uploads"),
    files: ({ ownerHash, conversation: id }) =>
      path.join(conversation(ownerHash, id), "files"),
    projects,
    project: (hash, id) => path.join(projects(hash), id),
    links,
    link: ({ ownerHash, link }) => path.join(links(ownerHash), link),
    shared: path.join(dataDirectory, "shared"),
    activeReplies: path.join(dataDirectory, "in-progress"),
  };
}
