import type { StoredConversation } from "../../core/storage/layout/owner-events";
import type {
  ConversationRef,
  RecordFolders,
} from "../../core/storage/layout/record-folders";
import type { LogListing } from "../../core/storage/log-listing";
import { NotFoundError } from "../../core/domain/errors";
import type { StorageContext } from "../../core/storage/storage-context";
import {
  type Conversation,
  type ConversationPage,
  isPrompt,
  type Message,
  type QueuedPrompt,
} from "../../core/domain/records";
import { hasTurn, TurnTree } from "../../core/domain/turn-tree";
import { replyNumberOf, turnOf } from "../../core/domain/turns";
import { toConversation } from "../owner-index/to-conversation";
import type { Projects } from "../projects/projects";
import { type ConversationSettings, notDeleted } from "./conversation-settings";
import { readBounded } from "./bounded-page";
import { isNotDeleted } from "./deleted-turns";
import { type MessageLog, messageLogOf, replyTo } from "./message-log";
import { describe, type QueueState } from "./prompt-queue";
import type { QueueService } from "./queue-service";
import type { Replies, ReplyResolver, Resolution } from "./reply-resolver";
import { isOpen } from "./send-queued";
import { readThread } from "./threads";

export interface ConversationPagesDeps {
  files: StorageContext;
  folders: RecordFolders;
  settings: ConversationSettings;
  projects: Projects;
  replyResolver: ReplyResolver;
  queue: QueueService;
  replies: Replies;
}

export interface PageOptions {
  limit: number;
  /** The most characters of all texts. Older messages are left out; at least one turn is in it. */
  characters?: number;
  /** Only messages with lower numbers; by default the last. */
  before?: number;
  /** The caller has all messages up to this number; they are left out. */
  known?: number;
  /** Only the thread that has this message; 0 for the newest thread. */
  thread?: number;
}

/** Reads conversations as their pages show them. */
export class ConversationPages {
  constructor(private readonly deps: ConversationPagesDeps) {}

  /**
   * A conversation, its last messages, the pending reply and the queue behind it.
   *
   * @throws NotFoundError if this owner has no such conversation, or it is deleted.
   */
  async read(
    ownerHash: string,
    id: string,
    options: PageOptions,
  ): Promise<ConversationPage> {
    const { settings } = this.deps;
    const log = messageLogOf(this.deps, ownerHash, id);
    const of = { ownerHash, conversation: id };
    const [version, queue, first] = await Promise.all([
      settings.readVersion(ownerHash, id),
      this.deps.queue.read(of),
      log.list(),
    ]);
    // After the queue, so that a prompt that moves from there to the messages is in one of them.
    const listing = queue.items.length > 0 ? await log.list() : first;
    // Without messages: the process that was creating it died.
    if (!listing?.last) throw new NotFoundError("conversation");
    await settings.addToIndex(ownerHash, version);
    const stored = notDeleted(version.settings);
    const [part, [last]] = await Promise.all([
      readPart(log, listing, options, stored),
      log.readLast(1, listing),
    ]);
    const reply = await this.resolveReply(ownerHash, stored, last);
    if (reply?.kind === "outdated") return this.read(ownerHash, id, options);
    if (
      (await isOpen(queue, log, listing)) &&
      (await this.continueQueue(of, reply))
    ) {
      return this.read(ownerHash, id, options);
    }
    const messages = await this.withFailed(ownerHash, id, part.messages, {
      ...options,
      listing,
    });
    // A client that knows messages can't tell which of them were deleted.
    const known = stored.deletedTurns?.length
      ? { ...options, known: 0 }
      : options;
    const published = reply?.kind === "published" ? reply.message : undefined;
    return {
      conversation: toConversation(
        await this.withExistingProject(ownerHash, stored),
        (published ?? last)?.at,
      ),
      ...partOf(known, { ...part, messages }, withoutDeleted(reply, stored)),
      queue: await this.queueBehind(of, log, listing, queue),
    };
  }

  /** A conversation without its messages. */
  async describe(
    ownerHash: string,
    settings: StoredConversation,
  ): Promise<Conversation> {
    const stored = await this.withExistingProject(ownerHash, settings);
    const log = messageLogOf(this.deps, ownerHash, settings.id);
    const listing = await log.list();
    const [last] = listing ? await log.readLast(1, listing) : [];
    return toConversation(stored, last?.at);
  }

  private async resolveReply(
    ownerHash: string,
    { id, model }: StoredConversation,
    last: Message | undefined,
  ): Promise<Resolution | undefined> {
    if (!last || !isPrompt(last)) return undefined;
    const ref = replyTo(ownerHash, id, last.number);
    return this.deps.replyResolver.resolve(ref, last, model);
  }

  /** Without the prompts that have become messages since the queue was read. */
  private async queueBehind(
    of: ConversationRef,
    log: MessageLog,
    listing: LogListing,
    { waiting }: QueueState,
  ): Promise<QueuedPrompt[]> {
    if (waiting.length === 0) return [];
    const queue: QueuedPrompt[] = [];
    // A prompt gets the number of its message when it begins.
    const later = await this.deps.queue.read(of);
    for (const item of waiting) {
      const now = later.find(item.prompt) ?? item;
      if (!(await log.hasQueued(now, listing))) queue.push(describe(item));
    }
    return queue;
  }

  /**
   * Continues a queue that waits for nothing: the process that ended the reply before it has died.
   *
   * @returns True if the conversation has changed.
   */
  private async continueQueue(
    of: ConversationRef,
    reply: Resolution | undefined,
  ): Promise<boolean> {
    const { replies } = this.deps;
    if (reply?.kind === "pending") {
      // A power cut may have lost the marker.
      if (reply.state.status === "writing") await replies.watchQueue(of);
      return false;
    }
    await replies.continueQueue(of);
    return true;
  }

  /**
   * Adds the failed replies that are not among the messages: a process died before it saved one, or
   * an earlier version of the program left it out.
   */
  private async withFailed(
    ownerHash: string,
    id: string,
    found: Message[],
    {
      before = Infinity,
      known = 0,
      listing,
    }: PageOptions & { listing: LogListing },
  ): Promise<Message[]> {
    const missing = found
      .filter(isPrompt)
      .map(({ number }) => replyNumberOf(number))
      .filter((n) => n < listing.last && !listing.has(n))
      .filter((n) => n > known && n < before);
    if (missing.length === 0) return found;
    const kept = await Promise.all(
      missing.map((n) =>
        this.deps.replyResolver.keepFailed(replyTo(ownerHash, id, n - 1)),
      ),
    );
    return [
      ...found,
      ...kept.filter((message) => message !== undefined),
    ].toSorted((a, b) => a.number - b.number);
  }

  /** Without the project, if that was deleted. */
  private async withExistingProject(
    ownerHash: string,
    settings: StoredConversation,
  ): Promise<StoredConversation> {
    if (!settings.project) return settings;
    const { projects } = this.deps;
    const project = await projects.readIfThere(ownerHash, settings.project);
    return project ? settings : { ...settings, project: null };
  }
}

/** Some messages, and their thread if one was asked for. */
type Part = Pick<ConversationPage, "messages" | "hasOlder" | "thread">;

async function readPart(
  log: MessageLog,
  listing: LogListing,
  { limit, before, thread, characters }: PageOptions,
  settings: StoredConversation,
): Promise<Part> {
  const isShown = isNotDeleted(settings);
  if (thread === undefined) {
    const end = before === undefined ? listing.last : before - 1;
    const shown = listing.between(1, end).filter(isShown);
    const page = shown.slice(-limit);
    const bounds = { characters };
    const { messages, numbers } = await readBounded(log, listing, page, bounds);
    return { messages, hasOlder: shown.length > numbers.length };
  }
  const options = { limit, before, thread, characters };
  const part = await readThread(log, listing, options, isShown);
  const { tree, messages, last, hasOlder, hasNewer } = part;
  const { branches, newest } = tree;
  const shown = { branches, newest, last, hasNewer };
  return { messages, hasOlder, thread: shown };
}

/** The last reply: of a deleted turn only the status. */
function withoutDeleted(
  reply: Resolution | undefined,
  settings: StoredConversation,
): Resolution | undefined {
  if (!reply || reply.kind === "outdated") return reply;
  const { number } = reply.kind === "pending" ? reply.state : reply.message;
  if (isNotDeleted(settings)(number)) return reply;
  if (reply.kind === "published") return undefined;
  const { reasoning: _, reasoningMs: __, ...state } = reply.state;
  return { kind: "pending", state: { ...state, text: "" } };
}

function partOf(
  { limit, before, known = 0 }: PageOptions,
  { messages: found, thread, hasOlder }: Part,
  reply: Resolution | undefined,
): Omit<ConversationPage, "conversation" | "queue"> {
  const isNewest =
    !thread || (thread.last === thread.newest && !thread.hasNewer);
  const isLast = before === undefined && isNewest;
  const isPublished = reply?.kind === "published" && isLast;
  const messages = isPublished
    ? [...found, reply.message].slice(-limit)
    : found;
  const isKnown = !thread || isInThread(thread, known);
  return {
    first: messages[0]?.number,
    messages: isKnown
      ? messages.filter(({ number }) => number > known)
      : messages,
    hasOlder: hasOlder || (isPublished && found.length >= limit),
    thread,
    reply: reply?.kind === "pending" && isLast ? reply.state : null,
  };
}

/** True if a client that has a thread up to a message has the beginning of this thread. */
function isInThread(
  { branches, newest, last }: NonNullable<ConversationPage["thread"]>,
  known: number,
): boolean {
  const tree = new TurnTree(branches, newest);
  return known === 0 || hasTurn(tree.threadTo(last), turnOf(known));
}
