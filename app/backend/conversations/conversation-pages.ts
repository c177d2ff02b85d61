import type { StoredConversation } from "../../core/storage/layout/owner-events";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { LogListing } from "../../core/storage/log-listing";
import { NotFoundError } from "../../core/domain/errors";
import type { StorageContext } from "../../core/storage/storage-context";
import {
  type Conversation,
  type ConversationPage,
  isPrompt,
  type Message,
} from "../../core/domain/records";
import { replyNumberOf } from "../../core/domain/turns";
import { toConversation } from "../owner-index/to-conversation";
import type { Projects } from "../projects/projects";
import type { ConversationSettings } from "./conversation-settings";
import { messageLogOf, replyTo } from "./message-log";
import type { ReplyAfter, ReplyResolver } from "./reply-resolver";

export interface ConversationPagesDeps {
  files: StorageContext;
  folders: RecordFolders;
  settings: ConversationSettings;
  projects: Projects;
  replyResolver: ReplyResolver;
}

/** Which messages of a conversation are asked for. */
export interface PageOptions {
  limit: number;
  /** Only messages with lower numbers; by default the last. */
  before?: number;
  /** The caller has all messages up to this number; they are left out. */
  known?: number;
}

/** Which messages there are. */
interface Listed {
  listing: LogListing;
}

/** A conversation as its page shows it. */
export class ConversationPages {
  constructor(private readonly parts: ConversationPagesDeps) {}

  /**
   * A conversation, its last messages, and the reply in progress.
   *
   * @throws NotFoundError if it isn't there, is deleted, or is another's.
   */
  async read(
    ownerHash: string,
    id: string,
    wanted: PageOptions,
  ): Promise<ConversationPage> {
    const log = messageLogOf(this.parts, ownerHash, id);
    const looked = log.list();
    const settings = await this.parts.settings.readForPage(
      ownerHash,
      id,
      looked.then((found) => found !== undefined && found.last > 0),
    );
    const listing = await looked;
    if (!listing) throw new NotFoundError("conversation");
    const [found, [last]] = await Promise.all([
      log.readLast(wanted.limit, listing, wanted.before),
      log.readLast(1, listing),
    ]);
    const after = await this.after(ownerHash, settings, last);
    if (after.isPast) return this.read(ownerHash, id, wanted);
    const messages = await this.withFailed(ownerHash, id, found, {
      ...wanted,
      listing,
    });
    const living = await this.withLivingProject(ownerHash, settings);
    return {
      conversation: toConversation(living, (after.message ?? last)?.at),
      ...shownOf(wanted, messages, after),
    };
  }

  /** A conversation by itself. */
  async describe(
    ownerHash: string,
    settings: StoredConversation,
  ): Promise<Conversation> {
    const living = await this.withLivingProject(ownerHash, settings);
    const log = messageLogOf(this.parts, ownerHash, settings.id);
    const listing = await log.list();
    const [last] = listing ? await log.readLast(1, listing) : [];
    return toConversation(living, last?.at);
  }

  /** What follows the last message: something, if that is a prompt. */
  private async after(
    ownerHash: string,
    { id, model }: StoredConversation,
    last: Message | undefined,
  ): Promise<ReplyAfter> {
    if (!last || !isPrompt(last)) return {};
    const ref = replyTo(ownerHash, id, last.number);
    return this.parts.replyResolver.after(ref, last, model);
  }

  /**
   * Adds the failed replies that are not among the messages: a process died before it saved one, or
   * an earlier version of the program left it out.
   */
  private async withFailed(
    ownerHash: string,
    id: string,
    found: Message[],
    { before = Infinity, known = 0, listing }: PageOptions & Listed,
  ): Promise<Message[]> {
    const missing = found
      .filter(isPrompt)
      .map(({ number }) => replyNumberOf(number))
      .filter((n) => n < listing.last && !listing.has(n))
      .filter((n) => n > known && n < before);
    if (missing.length === 0) return found;
    const kept = await Promise.all(
      missing.map((n) =>
        this.parts.replyResolver.keepFailed(replyTo(ownerHash, id, n - 1)),
      ),
    );
    return [
      ...found,
      ...kept.filter((message) => message !== undefined),
    ].toSorted((a, b) => a.number - b.number);
  }

  /** A conversation whose project was deleted is in none. */
  private async withLivingProject(
    ownerHash: string,
    settings: StoredConversation,
  ): Promise<StoredConversation> {
    if (!settings.project) return settings;
    const { projects } = this.parts;
    const project = await projects.readIfThere(ownerHash, settings.project);
    return project ? settings : { ...settings, project: null };
  }
}

/** What is shown of the messages that were found, and of what follows the last. */
function shownOf(
  { limit, before, known = 0 }: PageOptions,
  found: Message[],
  after: ReplyAfter,
): Omit<ConversationPage, "conversation"> {
  const isLast = before === undefined;
  const messages =
    after.message && isLast ? [...found, after.message].slice(-limit) : found;
  return {
    messages: messages.filter(({ number }) => number > known),
    hasOlder: (messages[0]?.number ?? 1) > 1,
    reply: (isLast ? after.state : undefined) ?? null,
  };
}
