import type { OperationId } from "../../core/api/operations";
import type {
  Conversation,
  ConversationPage,
  DeletedConversation,
  Excerpt,
  FileRef,
  Import,
  Prompt,
  ModelDescription,
  ModelUsage,
  OwnerSettings,
  Project,
  Quotas,
  ReplyEvent,
  SavedPrompt,
  SharedLink,
  SharedPage,
} from "../../core/domain/records";
import type { Readable } from "node:stream";
import type { ChangeCounts } from "./change-counts";
import type { Trace } from "../../core/runtime/trace-context";

/** The request of a visitor on whose behalf calls are made. */
export interface ApiContext {
  /** From the session, never from the request. */
  owner: string;
  /** Absent in tests and tools: then the owner's data is kept permanently. */
  ownerKind?: "anonymous" | "person";
  /** Stands for the client's network, whose searches take turns as one. */
  client?: string;
  requestId: string;
  /** W3C trace context of this request. */
  trace: Trace["headers"];
  /** Records changes in the session, or in the browser. */
  changes: ChangeCounts;
  /** The calls of this request so far, for the page's timings. */
  calls: ApiCall[];
  /** Aborts when the visitor disconnects. */
  signal?: AbortSignal;
}

/** Milliseconds; all are 0 for a `cached` call. */
export interface ApiCall {
  name: OperationId;
  cached: boolean;
  dnsMs: number;
  connectMs: number;
  waitMs: number;
  transferMs: number;
  totalMs: number;
}

/** A reply's event, and the position after it. */
export interface FollowedEvent {
  event: ReplyEvent;
  offset: string;
}

/** The conversation's settings that can be changed, all optional. */
export interface ConversationChanges {
  title?: string;
  model?: string;
  project?: string | null;
  maxTokens?: number | null;
  temperature?: number | null;
  pinned?: boolean;
  archived?: boolean;
  instructions?: string;
}

export interface Overview {
  conversations: Conversation[];
  /** The cursor of older conversations. */
  next: string | null;
  /** Also in `conversations`; `undefined` if an earlier version of the backend answers. */
  pinned?: Conversation[];
  projects: Project[];
  models: ModelDescription[];
  /** The storage that the visitor uses; `undefined` if an earlier version of the backend answers. */
  quotas?: Quotas;
}

/** Words, and filters: without words, all conversations that match the filters. */
export interface SearchQuery {
  q: string;
  titles?: "only";
  project?: string;
  /** ISO times. */
  from?: string;
  until?: string;
  archived?: "only" | "without";
}

/**
 * The one repository through which all of web's reads and writes go.
 *
 * Every method throws `VisibleError`: 404 for what is absent or another's, 400, 409, 413 and 429
 * with the backend's own sentence, 503 when the backend can't be reached.
 */
export interface Api {
  /** The data of the sidebar of every page. */
  readOverview(context: ApiContext): Promise<Overview>;
  listConversations(
    context: ApiContext,
    page: {
      cursor?: string;
      limit: number;
      /** Only archived conversations, or all; by default those that are not archived. */
      archived?: "only" | "with";
    },
  ): Promise<{ conversations: Conversation[]; next: string | null }>;
  /** Makes a conversation out of its first message, and begins the reply. */
  createConversation(
    context: ApiContext,
    prompt: {
      text: string;
      model?: string;
      project?: string;
      /** The ids of uploaded files. */
      files?: string[];
      /** The same key twice makes one conversation. */
      key?: string;
    },
  ): Promise<{ conversation: Conversation; reply: number }>;
  readConversation(
    context: ApiContext,
    id: string,
    messages: {
      limit: number;
      before?: number;
      /** Only the thread that has this message; 0 for the newest thread. */
      thread?: number;
    },
  ): Promise<ConversationPage>;
  /** Makes a conversation out of the messages up to one of them. The same key twice makes one. */
  forkConversation(
    context: ApiContext,
    id: string,
    message: number,
    key?: string,
  ): Promise<Conversation>;
  changeConversation(
    context: ApiContext,
    id: string,
    changes: ConversationChanges,
  ): Promise<Conversation>;
  deleteConversation(context: ApiContext, id: string): Promise<void>;
  restoreConversation(context: ApiContext, id: string): Promise<Conversation>;
  /** The deleted conversations that can be restored, last deleted first. */
  listDeleted(
    context: ApiContext,
    page: { cursor?: string; limit: number },
  ): Promise<{ conversations: DeletedConversation[]; next: string | null }>;
  readDeleted(context: ApiContext, id: string): Promise<DeletedConversation>;
  /** Deletes a deleted conversation permanently. */
  purgeConversation(context: ApiContext, id: string): Promise<void>;
  /** Deletes a prompt and its reply from a conversation. */
  deleteTurn(context: ApiContext, id: string, number: number): Promise<void>;
  restoreTurn(context: ApiContext, id: string, number: number): Promise<void>;
  sendMessage(
    context: ApiContext,
    id: string,
    prompt: {
      text: string;
      key?: string;
      /** The reply whose thread it continues. */
      follows?: number;
      /** The prompt of which it is another version. */
      insteadOf?: number;
      /** The ids of uploaded files. */
      files?: string[];
      /** Lets the message wait while a reply is written; otherwise that is refused. */
      queue?: boolean;
    },
  ): Promise<{ message: Prompt; reply: number }>;
  /** Stores a file, to be sent with a message. The same key twice stores one file. */
  uploadFile(
    context: ApiContext,
    upload: { name: string; key: string; content: Readable },
  ): Promise<FileRef>;
  /** Throws `VisibleError` (404) if it is sent, or was swept because it was not. */
  describeUpload(context: ApiContext, file: string): Promise<FileRef>;
  /** Deletes an uploaded file that was not sent. */
  discardFile(context: ApiContext, file: string): Promise<void>;
  /** Stores a file with exported conversations. The same key twice begins one import. */
  beginImport(
    context: ApiContext,
    upload: { name: string; key: string; content: Readable },
  ): Promise<Import>;
  listImports(context: ApiContext): Promise<Import[]>;
  /** Imports further conversations for about a second. */
  continueImport(context: ApiContext, id: string): Promise<Import>;
  /** Deletes an import. The conversations that were imported stay. */
  deleteImport(context: ApiContext, id: string): Promise<void>;
  /** A file of a conversation. Its content is to be read to the end, or destroyed. */
  readFile(
    context: ApiContext,
    conversation: string,
    file: string,
  ): Promise<{ file: FileRef; content: Readable }>;
  /** Shares a thread of a conversation as it is now. The same key twice makes one link. */
  createLink(
    context: ApiContext,
    id: string,
    options: { through?: number; key?: string },
  ): Promise<SharedLink>;
  /** The visitor's links: of one conversation, or all. */
  listLinks(context: ApiContext, conversation?: string): Promise<SharedLink[]>;
  /** When this resolves, the link shows nothing to anyone. */
  revokeLink(context: ApiContext, link: string): Promise<void>;
  /** What a link shows: the backend is asked each time, since it may be revoked. */
  readShared(
    context: ApiContext,
    token: string,
    messages: { limit: number; before?: number },
  ): Promise<SharedPage>;
  /** As {@link readFile}, of a shared message. */
  readSharedFile(
    context: ApiContext,
    of: { token: string; message: number; file: string },
  ): Promise<{ file: FileRef; content: Readable }>;
  /** Throws `VisibleError` (409) once the reply to the queued message has begun. */
  editQueued(
    context: ApiContext,
    id: string,
    number: number,
    text: string,
  ): Promise<void>;
  /** Throws as {@link editQueued} does. */
  withdrawQueued(
    context: ApiContext,
    id: string,
    number: number,
  ): Promise<void>;
  /** Sends the queued messages although the last reply failed. */
  continueQueue(context: ApiContext, id: string): Promise<void>;
  stopReply(context: ApiContext, id: string, number: number): Promise<void>;
  retryReply(context: ApiContext, id: string, number: number): Promise<void>;
  /** Asks a prompt again; its reply stays. @returns The new reply's number. */
  regenerateReply(
    context: ApiContext,
    id: string,
    number: number,
    key?: string,
  ): Promise<number>;
  /** Follows a reply from an offset to its end, over lost connections and lost backends. */
  watchReply(
    context: ApiContext,
    id: string,
    number: number,
    offset: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<FollowedEvent>;
  /** Call when a reply has ended: records that it affects are read again. */
  noticeEnd(context: ApiContext): void;
  createProject(
    context: ApiContext,
    options: { name: string; instructions?: string },
  ): Promise<Project>;
  readProject(
    context: ApiContext,
    id: string,
  ): Promise<{
    project: Project;
    conversations: Conversation[];
    usage: ModelUsage[];
  }>;
  changeProject(
    context: ApiContext,
    id: string,
    changes: { name?: string; instructions?: string },
  ): Promise<Project>;
  /** Deletes a project; its conversations stay, without one. */
  deleteProject(context: ApiContext, id: string): Promise<void>;
  /** The visitor's instructions for every conversation, and saved prompts by name. */
  readSettings(context: ApiContext): Promise<OwnerSettings>;
  changeSettings(
    context: ApiContext,
    changes: { instructions: string },
  ): Promise<OwnerSettings>;
  /** The same key twice saves one prompt. */
  savePrompt(
    context: ApiContext,
    prompt: { name: string; text: string; key?: string },
  ): Promise<SavedPrompt>;
  changeSavedPrompt(
    context: ApiContext,
    id: string,
    changes: { name?: string; text?: string },
  ): Promise<SavedPrompt>;
  deleteSavedPrompt(context: ApiContext, id: string): Promise<void>;
  /** Deletes everything that the visitor stores, permanently. */
  eraseAll(context: ApiContext): Promise<void>;
  /** `complete` is false if a bound of the search was reached. */
  search(
    context: ApiContext,
    wanted: SearchQuery,
  ): Promise<{
    results: { conversation: Conversation; excerpts: Excerpt[] }[];
    complete: boolean;
  }>;
  /** True if the backend answers. */
  isReady(signal: AbortSignal): Promise<boolean>;
}

/** An {@link Api} that holds connections until it is closed. */
export interface ConnectedApi extends Api {
  close(): Promise<void>;
}
