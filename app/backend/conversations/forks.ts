import { NotFoundError } from "../../core/domain/errors";
import {
  type Conversation,
  type FileRef,
  isPrompt,
  limits,
  type Message,
} from "../../core/domain/records";
import { TurnTree } from "../../core/domain/turn-tree";
import { isPromptNumber, replyNumberOf, turnOf } from "../../core/domain/turns";
import type { StoredConversation } from "../../core/storage/layout/owner-events";
import type {
  ConversationRef,
  RecordFolders,
} from "../../core/storage/layout/record-folders";
import type { LogListing } from "../../core/storage/log-listing";
import type { StorageContext } from "../../core/storage/storage-context";
import type { FileStore } from "../files/file-store";
import { derivedId, newId } from "../ids";
import { toConversation } from "../owner-index/to-conversation";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { Quotas } from "../owners/quotas";
import type { ConversationSettings } from "./conversation-settings";
import { isNotDeleted } from "./deleted-turns";
import { lockPrompts } from "./lock-prompts";
import { type MessageLog, messageLogOf, replyTo } from "./message-log";
import { idsOf } from "./prompt-files";
import type { Replies } from "./reply-resolver";
import { nextTitle } from "./title";
import { WholeConversations } from "./whole-conversations";

export interface ForksDeps {
  files: StorageContext;
  folders: RecordFolders;
  settings: ConversationSettings;
  ownerIndex: OwnerIndex;
  fileStore: FileStore;
  replies: Replies;
  quotas: Quotas;
  now: () => Date;
}

/** Makes conversations out of the beginnings of others. */
export class Forks {
  private readonly whole: WholeConversations;

  constructor(private readonly deps: ForksDeps) {
    this.whole = new WholeConversations(deps);
  }

  /**
   * Makes a conversation with the thread that ends with a message. After a prompt, a new reply begins.
   *
   * @param key The idempotency key: repeated on any process, it makes one conversation.
   * @throws NotFoundError if there is no such message; VisibleError (403, 429 or 503) if the owner has
   *   reached a limit.
   */
  async fork(
    ownerHash: string,
    id: string,
    number: number,
    key?: string,
  ): Promise<Conversation> {
    const { settings, ownerIndex, replies, now } = this.deps;
    const from = { ownerHash, conversation: id };
    const { number: erasure } = (await ownerIndex.read(ownerHash)).erasure;
    const original = await settings.read(ownerHash, id);
    const log = messageLogOf(this.deps, ownerHash, id);
    const listing = await log.list();
    const isShown = isNotDeleted(original);
    if (!listing?.has(number) || !isShown(number)) {
      throw new NotFoundError("message");
    }
    const turns = await turnsTo(log, listing, number, isShown);
    const fork = key ? derivedId("fork", ownerHash, id, key) : newId();
    const to = { ownerHash, conversation: fork };
    using _ = await lockPrompts(this.deps, ownerHash);
    if (!(await this.isRepeated(to))) await this.admit(ownerHash, number);
    const messages = this.copy(log, listing, { from, to, turns, number });
    const at = now().toISOString();
    const wanted = settingsOf(original, fork, at);
    const saved = await this.whole.save(ownerHash, {
      settings: wanted,
      messages,
      erasure,
    });
    if (isPromptNumber(number)) {
      await replies.begin(replyTo(ownerHash, fork, 2 * turns.length - 1));
    }
    return toConversation(saved, at);
  }

  /** True if an earlier request saved the messages. */
  private async isRepeated({
    ownerHash,
    conversation,
  }: ConversationRef): Promise<boolean> {
    const listing = await messageLogOf(
      this.deps,
      ownerHash,
      conversation,
    ).list();
    return listing !== undefined && listing.last > 0;
  }

  /** A fork that ends with a prompt begins a reply. */
  private async admit(ownerHash: string, number: number): Promise<void> {
    const { quotas, replies } = this.deps;
    await quotas.assertRoom(ownerHash, true);
    if (isPromptNumber(number)) await replies.reserveSlot(ownerHash);
  }

  /** The messages of these turns, as turns 1, 3, 5… of the fork. */
  private async *copy(
    log: MessageLog,
    listing: LogListing,
    { from, to, turns, number: last }: CopyOptions,
  ): AsyncGenerator<Message, void> {
    const numbers = turns
      .flatMap((turn) => [turn, replyNumberOf(turn)])
      .filter((number) => number <= last);
    const found = log.readInTurn(
      numbers.filter((number) => listing.has(number)),
      listing,
    );
    let next = await found.next();
    let at = new Date(0).toISOString();
    for (const [index, number] of numbers.entries()) {
      const isNext = !next.done && next.value.number === number;
      const message = isNext ? next.value! : missing(number, at);
      ({ at } = message);
      yield await this.place(message, index + 1, { from, to });
      if (isNext) next = await found.next();
    }
  }

  private async place(
    message: Message,
    number: number,
    { from, to }: { from: ConversationRef; to: ConversationRef },
  ): Promise<Message> {
    if (!isPrompt(message)) return { ...message, number };
    const { insteadOf: _, follows: __, files, ...prompt } = message;
    const given = await this.deps.fileStore.share(from, to, idsOf(files));
    const kept = files?.filter((file: FileRef) => given.has(file.id)) ?? [];
    return { ...prompt, number, ...(kept.length > 0 && { files: kept }) };
  }
}

interface CopyOptions {
  from: ConversationRef;
  to: ConversationRef;
  turns: readonly number[];
  /** The last message. */
  number: number;
}

/** The turns of the thread that ends with a message, without deleted ones. */
async function turnsTo(
  log: MessageLog,
  listing: LogListing,
  number: number,
  isShown: (message: number) => boolean,
): Promise<number[]> {
  const branches = await log.readBranches(listing);
  const tree = new TurnTree(branches, turnOf(listing.last));
  const numbers = tree
    .threadTo(turnOf(number))
    .flatMap(({ from, to }) => listing.between(from, replyNumberOf(to)))
    .filter(isShown);
  return [...new Set(numbers.map(turnOf))];
}

/** A message that can't be read, or a reply that failed and was not kept: the numbers have no gaps. */
function missing(number: number, at: string): Message {
  if (isPromptNumber(number)) return { number, role: "user", text: "", at };
  return {
    number,
    role: "assistant",
    text: "",
    at,
    model: "",
    modelName: "Assistant",
    outcome: "failed",
  };
}

/** All settings of the original, those of other versions of the program included. */
function settingsOf(
  original: StoredConversation,
  id: string,
  createdAt: string,
): StoredConversation {
  const {
    deletedTurns: _,
    pinnedAt: __,
    archivedAt: ___,
    importedFrom: ____,
    ...kept
  } = original;
  return {
    ...kept,
    id,
    title: nextTitle(original.title, limits.titleLength),
    titledBy: "person",
    createdAt,
    deletedAt: null,
  };
}
