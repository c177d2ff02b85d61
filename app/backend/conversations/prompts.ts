import { sentence } from "../../core/texts/catalogue";
import type {
  ConversationRef,
  RecordFolders,
  ReplyRef,
} from "../../core/storage/layout/record-folders";
import { isVisible } from "../../core/domain/text";
import {
  ConversationMovedOnError,
  NotFoundError,
  VisibleError,
} from "../../core/domain/errors";
import type { StorageContext } from "../../core/storage/storage-context";
import {
  type Conversation,
  type FileRef,
  isPrompt,
  limits,
  type Prompt,
} from "../../core/domain/records";
import { firstVersion, isPromptNumber, turnOf } from "../../core/domain/turns";
import { derivedId, newId } from "../ids";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { FileStore } from "../files/file-store";
import type { Quotas } from "../owners/quotas";
import { toConversation } from "../owner-index/to-conversation";
import type { ConversationSettings } from "./conversation-settings";
import {
  keyHash,
  type MessageLog,
  messageLogOf,
  type NewPrompt,
  type Placement,
  replyTo,
} from "./message-log";
import type { QueueState } from "./prompt-queue";
import type { QueueService } from "./queue-service";
import {
  type Replies,
  type ReplyResolver,
  StillWritingError,
} from "./reply-resolver";
import { lockPrompts } from "./lock-prompts";
import { bytesOf, idsOf } from "./prompt-files";
import { firstTitle } from "./title";
import type { ConversationValidator } from "./validator";

export interface PromptServiceDeps {
  files: StorageContext;
  folders: RecordFolders;
  ownerIndex: OwnerIndex;
  settings: ConversationSettings;
  validator: ConversationValidator;
  replies: Replies;
  quotas: Quotas;
  replyResolver: ReplyResolver;
  queue: QueueService;
  fileStore: FileStore;
  now: () => Date;
}

/** A prompt as a client sends it. */
interface SentPrompt {
  text: string;
  /** The ids of its files; by default, another version of a prompt keeps those of the prompt. */
  files?: string[] | undefined;
  follows?: number;
  insteadOf?: number;
}

/**
 * Saves prompts and starts, retries or stops the reply to each. An idempotency key makes a
 * repeated call return what the first one saved.
 */
export class PromptService {
  constructor(private readonly deps: PromptServiceDeps) {}

  /**
   * Creates a conversation with its first prompt. It is listed last: if the process dies before,
   * the partial conversation stays invisible, and a repeated call completes it.
   */
  async createConversation(
    ownerHash: string,
    first: {
      text: string;
      model?: string;
      project?: string;
      files?: string[] | undefined;
    },
    key?: string,
  ): Promise<{ conversation: Conversation; message: Prompt }> {
    const { validator, settings, replies, now } = this.deps;
    const { text, project = null, files: fileIds = [] } = first;
    assertNotTooLong(text);
    await validator.assertExists(ownerHash, first);
    const model = first.model ?? (await validator.defaultModel());
    const id = key ? derivedId("conversation", ownerHash, key) : newId();
    const of = { ownerHash, conversation: id };
    const files = await this.describeFiles(of, model, fileIds);
    const log = this.logOf(ownerHash, id);
    using _ = await lockPrompts(this.deps, ownerHash);
    const before = key === undefined ? undefined : await log.list();
    if (!before || before.last === 0) await this.admit(ownerHash, true);
    await this.deps.fileStore.claim(of, fileIds);
    const at = now().toISOString();
    const [message, created] = await Promise.all([
      log.addFirst({ text, at, key, files }),
      settings.create(ownerHash, {
        id,
        title: firstTitle({ text, files }),
        model,
        project,
        maxTokens: null,
        temperature: null,
        createdAt: at,
        deletedAt: null,
      }),
    ]);
    await settings.addToIndex(ownerHash, created, {
      bytes: bytesOf(message),
    });
    await replies.begin(replyTo(ownerHash, id, message.number));
    this.deps.fileStore.release(ownerHash, fileIds);
    const conversation = toConversation(created.settings, message.at);
    return { conversation, message };
  }

  /**
   * Sends a prompt.
   *
   * @param prompt.follows The reply whose thread it continues, also if that has grown since. Defaults
   *   to the newest reply.
   * @param prompt.insteadOf A prompt, to send another version of it.
   * @throws StillWritingError
   */
  async send(
    ownerHash: string,
    id: string,
    prompt: SentPrompt,
    key?: string,
  ): Promise<Prompt> {
    assertNotTooLong(prompt.text);
    const { settings } = this.deps;
    const stored = await settings.read(ownerHash, id);
    const of = { ownerHash, conversation: id };
    const files = await this.describeFiles(of, stored.model, prompt.files);
    const sent = await this.sendNow(ownerHash, id, { ...prompt, files }, key);
    await settings.leaveArchive(ownerHash, stored);
    return sent;
  }

  /**
   * Sends a prompt, or queues it while a reply is being written or other prompts are queued.
   *
   * @param prompt See {@link send}.
   */
  async sendOrQueue(
    ownerHash: string,
    id: string,
    sent: Omit<SentPrompt, "insteadOf">,
    key?: string,
  ): Promise<{ message: Prompt; queued: boolean }> {
    const { queue, settings } = this.deps;
    const of = { ownerHash, conversation: id };
    assertNotTooLong(sent.text);
    const [state, stored] = await Promise.all([
      queue.read(of),
      settings.read(ownerHash, id),
    ]);
    const files = await this.describeFiles(of, stored.model, sent.files);
    const placed = await this.place(of, state, { ...sent, files }, key);
    await settings.leaveArchive(ownerHash, stored);
    return placed;
  }

  private async place(
    of: ConversationRef,
    state: QueueState,
    prompt: Omit<SentPrompt, "files"> & { files: FileRef[] | undefined },
    key?: string,
  ): Promise<{ message: Prompt; queued: boolean }> {
    const { queue } = this.deps;
    const { ownerHash, conversation: id } = of;
    const toQueue = { ...prompt, key };
    const known = await queue.findQueued(of, state, toQueue);
    if (known) return { message: known, queued: true };
    if (state.waiting.length === 0 || (await this.isSaved(of, key))) {
      try {
        const message = await this.sendNow(ownerHash, id, prompt, key);
        return { message, queued: false };
      } catch (error) {
        if (!(error instanceof StillWritingError)) throw error;
      }
    }
    await followed(this.logOf(ownerHash, id), prompt.follows);
    using _ = await lockPrompts(this.deps, ownerHash);
    const message = await queue.add(of, toQueue);
    return { message, queued: true };
  }

  /** True if an earlier call with this key saved its prompt as a message. */
  private async isSaved(
    { ownerHash, conversation }: ConversationRef,
    key: string | undefined,
  ): Promise<boolean> {
    const log = this.logOf(ownerHash, conversation);
    const listing = await log.list();
    if (!listing) return false;
    return (await log.numberByKey(keyHash(key), listing)) !== undefined;
  }

  private async sendNow(
    ownerHash: string,
    id: string,
    prompt: Omit<SentPrompt, "files"> & { files: FileRef[] | undefined },
    key?: string,
  ): Promise<Prompt> {
    const { text, follows, insteadOf: number } = prompt;
    const log = this.logOf(ownerHash, id);
    const old =
      number === undefined ? undefined : await readPrompt(log, number);
    const insteadOf = old && firstVersion(old);
    const files = prompt.files ?? old?.files;
    if (!isVisible(text) && !files?.length) throw emptyMessage();
    const saved = { text, insteadOf, key, files };
    return this.save(ownerHash, id, saved, async (last) => {
      if (old) await assertRoomForVersion(log, old);
      const decide = isPromptNumber(last)
        ? await this.deps.replyResolver.finish(replyTo(ownerHash, id, last))
        : undefined;
      const place = old ? old.follows : await followed(log, follows, last);
      // Before the prompt is saved: a refused one stays in the visitor's text box alone.
      await this.admit(ownerHash);
      await this.claimFiles({ ownerHash, conversation: id }, files);
      return { follows: place, decide };
    });
  }

  /**
   * Sends a prompt again, unchanged; its reply stays beside the new one.
   *
   * @param number The reply's.
   * @throws VisibleError (409) if a reply is being written, or this one failed; ConversationMovedOnError
   *   if the conversation continued from it, or it has a newer version; NotFoundError if there is no such
   *   reply.
   */
  async regenerate(
    ownerHash: string,
    id: string,
    number: number,
    key?: string,
  ): Promise<Prompt> {
    const { settings, replyResolver } = this.deps;
    const [prompt, stored] = await Promise.all([
      readPrompt(this.logOf(ownerHash, id), number - 1),
      settings.read(ownerHash, id),
    ]);
    const log = this.logOf(ownerHash, id);
    const { text, files } = prompt;
    const again = { text, files, insteadOf: firstVersion(prompt), key };
    const sent = await this.save(ownerHash, id, again, async (last) => {
      await assertRoomForVersion(log, prompt);
      await assertNewest(log, prompt);
      const ref = replyTo(ownerHash, id, last);
      let decide: Placement["decide"];
      if (last === prompt.number) await replyResolver.publish(ref);
      else if (isPromptNumber(last)) decide = await replyResolver.finish(ref);
      await this.admit(ownerHash);
      return { follows: prompt.follows, decide };
    });
    await settings.leaveArchive(ownerHash, stored);
    return sent;
  }

  /**
   * Retries the last reply if it failed; does nothing to one that is being written.
   *
   * @throws VisibleError (409) if it did not fail; ConversationMovedOnError; NotFoundError if there
   *   is no such reply.
   */
  async retry(ownerHash: string, id: string, number: number): Promise<void> {
    const { ref, last } = await this.findReply(ownerHash, id, number);
    if (last > number) throw new ConversationMovedOnError();
    using _ = await lockPrompts(this.deps, ownerHash);
    await this.deps.replyResolver.retry(ref);
  }

  /**
   * Stops the reply to the last prompt unless it is a message already.
   *
   * @throws NotFoundError if it was never started.
   */
  async stop(ownerHash: string, id: string): Promise<void> {
    const last = (await this.logOf(ownerHash, id).list())?.last ?? 0;
    if (!isPromptNumber(last)) return;
    await this.deps.replies.stop(replyTo(ownerHash, id, last));
  }

  /** Stops the reply of a turn if it is being written. @throws NotFoundError if there is no such turn. */
  async stopTurn(ownerHash: string, id: string, turn: number): Promise<void> {
    const listing = await this.logOf(ownerHash, id).list();
    if (!listing?.has(turn) || !isPromptNumber(turn)) {
      throw new NotFoundError("message");
    }
    if (listing.last === turn) await this.stop(ownerHash, id);
  }

  /** @throws NotFoundError if this owner has no such reply. */
  async replyRef(
    ownerHash: string,
    id: string,
    number: number,
  ): Promise<ReplyRef> {
    const ref = { ownerHash, conversation: id, number };
    // Deleting a conversation stops its reply: one that is being written needs no look-up.
    if (this.deps.replies.isWriting(ref)) return ref;
    return (await this.findReply(ownerHash, id, number)).ref;
  }

  private async findReply(
    ownerHash: string,
    id: string,
    number: number,
  ): Promise<{ ref: ReplyRef; last: number }> {
    const [listing] = await Promise.all([
      this.logOf(ownerHash, id).list(),
      this.deps.settings.read(ownerHash, id),
    ]);
    if (isPromptNumber(number) || !listing?.has(number - 1)) {
      throw new NotFoundError("reply");
    }
    const ref = { ownerHash, conversation: id, number };
    return { ref, last: listing.last };
  }

  /** @throws VisibleError (403, 429 or 503) if the owner may not send another prompt now. */
  private async admit(ownerHash: string, isNew = false): Promise<void> {
    await this.deps.quotas.assertRoom(ownerHash, isNew);
    await this.deps.replies.reserveSlot(ownerHash);
  }

  private async save(
    ownerHash: string,
    id: string,
    prompt: Omit<NewPrompt, "at">,
    place: (last: number) => Promise<Placement>,
  ): Promise<Prompt> {
    const { ownerIndex, replies, replyResolver, now } = this.deps;
    using _ = await lockPrompts(this.deps, ownerHash);
    const at = now().toISOString();
    const log = this.logOf(ownerHash, id);
    // The conversation keeps its place in the list: its reply's event is early enough.
    // Files count at once: they may be large.
    const countedWithReply =
      !prompt.files?.length && (await ownerIndex.isNewest(ownerHash, id));
    const added = { ...prompt, at, countedWithReply };
    const saved = await log.addPrompt(added, place);
    const { number } = saved.message;
    const bytes = bytesOf(saved.message);
    // After the prompt: readers look for it in the reply log until the failed reply is a message.
    if (saved.isAfterFailure) {
      await replyResolver.keepFailed(replyTo(ownerHash, id, number - 2));
    }
    await Promise.all([
      saved.countedWithReply ||
        ownerIndex.append(ownerHash, { kind: "prompt", id, at, bytes }),
      replies.begin(replyTo(ownerHash, id, number)),
    ]);
    this.deps.fileStore.release(ownerHash, idsOf(prompt.files));
    return saved.message;
  }

  /**
   * The files of a new prompt.
   *
   * @throws VisibleError (409) if one is missing, (422) if the model can do nothing with one.
   */
  private async describeFiles(
    of: ConversationRef,
    model: string,
    ids: readonly string[] | undefined,
  ): Promise<FileRef[] | undefined> {
    if (!ids?.length) return ids && [];
    const { fileStore, validator } = this.deps;
    const files = await fileStore.describe(of, [...new Set(ids)]);
    await validator.assertTakes(model, files);
    return files;
  }

  private claimFiles(
    of: ConversationRef,
    files: readonly FileRef[] | undefined,
  ): Promise<void> {
    return this.deps.fileStore.claim(of, idsOf(files));
  }

  private logOf(ownerHash: string, id: string): MessageLog {
    return messageLogOf(this.deps, ownerHash, id);
  }
}

async function readPrompt(log: MessageLog, number: number): Promise<Prompt> {
  const listing = await log.list();
  const prompt = listing?.has(number) && (await log.read(number, listing));
  if (prompt && isPrompt(prompt)) return prompt;
  throw new NotFoundError("reply");
}

/**
 * See {@link MessageLog.followedReply}.
 *
 * @param last The last message, where the caller has listed the messages.
 * @throws VisibleError (409) if the prompt adds a branch, and the conversation has as many as it may have.
 */
async function followed(
  log: MessageLog,
  follows: number | undefined,
  last?: number,
): Promise<number | undefined> {
  if (follows === undefined) return undefined;
  // Most prompts follow the newest turn: they need no listing of their own.
  if (last !== undefined && turnOf(follows) >= turnOf(last)) return undefined;
  const listing = await log.list();
  const reply = listing && (await log.followedReply(listing, follows));
  if (!listing || reply === undefined) return undefined;
  const { branches } = await log.readTree(listing);
  if (branches.length < limits.branches) return reply;
  throw new VisibleError(
    409,
    sentence("problem.branches", { limit: limits.branches }),
  );
}

/** @throws VisibleError (409) if a turn, or the conversation, has as many versions as it may have. */
async function assertRoomForVersion(
  log: MessageLog,
  prompt: Prompt,
): Promise<void> {
  const listing = await log.list();
  if (!listing) throw new NotFoundError("conversation");
  const tree = await log.readTree(listing);
  const isFull =
    tree.versionsOf(prompt.number).length >= limits.versions ||
    tree.branches.length >= limits.branches;
  if (!isFull) return;
  throw new VisibleError(
    409,
    sentence("problem.versions", { limit: limits.versions }),
  );
}

/** @throws ConversationMovedOnError if a prompt has a newer version, or others follow it. */
async function assertNewest(
  log: MessageLog,
  { number }: Prompt,
): Promise<void> {
  const listing = await log.list();
  const tree = listing && (await log.readTree(listing));
  const isNewest =
    tree?.versionsOf(number).at(-1) === number &&
    tree.newestThrough(number) === number;
  if (!isNewest) throw new ConversationMovedOnError();
}

/** @throws VisibleError (413) */
function assertNotTooLong(text: string): void {
  if (Buffer.byteLength(text) <= limits.messageBytes) return;
  throw new VisibleError(
    413,
    sentence("problem.messageLonger", {
      megabytes: limits.messageBytes / 1024 ** 2,
    }),
  );
}

const emptyMessage = () =>
  new VisibleError(
    400,
    "The message is empty. Write something, and send it again.",
  );
