import type { FileRef, Prompt, QueuedPrompt } from "../../core/domain/records";
import { isPromptNumber } from "../../core/domain/turns";
import type {
  ConversationRef,
  RecordFolders,
  ReplyRef,
} from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { FileStore } from "../files/file-store";
import type { Quotas } from "../owners/quotas";
import { GO_ON } from "../replies/types";
import type { ConversationSettings } from "./conversation-settings";
import { keyHash, messageLogOf, replyTo } from "./message-log";
import { bytesOf, idsOf } from "./prompt-files";
import {
  describe,
  promptQueueOf,
  type QueueItem,
  type QueueState,
} from "./prompt-queue";
import type { Replies } from "./reply-resolver";
import { isOpen } from "./send-queued";
import { lockPrompts } from "./lock-prompts";

export interface QueueServiceDeps {
  files: StorageContext;
  folders: RecordFolders;
  ownerIndex: OwnerIndex;
  settings: ConversationSettings;
  quotas: Quotas;
  replies: Replies;
  fileStore: FileStore;
  now: () => Date;
}

/** A prompt as a client sends it. */
export interface PromptToQueue {
  text: string;
  follows?: number;
  key?: string;
  files?: FileRef[] | undefined;
}

/** Queues prompts, and changes the queue on behalf of the visitor. */
export class QueueService {
  constructor(private readonly deps: QueueServiceDeps) {}

  read(of: ConversationRef): Promise<QueueState> {
    return promptQueueOf(this.deps, of).read();
  }

  /**
   * Queues a prompt behind the conversation's last reply.
   *
   * @throws VisibleError (403) if the owner may store no more; (409) if the queue is full.
   */
  async add(of: ConversationRef, prompt: PromptToQueue): Promise<Prompt> {
    const { quotas, replies, now } = this.deps;
    const { text, follows, key, files } = prompt;
    await quotas.assertRoom(of.ownerHash, false);
    await this.deps.fileStore.claim(of, idsOf(files));
    const at = now().toISOString();
    // Before the prompt: a process that dies afterwards leaves the queue to the others.
    await replies.watchQueue(of);
    const item = await promptQueueOf(this.deps, of).add(
      { text, at, follows, files, ...keyHash(key) },
      await this.lastMessage(of),
    );
    return this.complete(of, item, text);
  }

  /** The prompt that an earlier call with this key queued. */
  async findQueued(
    of: ConversationRef,
    state: QueueState,
    { text, key, files }: PromptToQueue,
  ): Promise<Prompt | undefined> {
    const sought = { text, files, ...keyHash(key) };
    const found = await promptQueueOf(this.deps, of).findByKey(state, sought);
    return found && this.complete(of, found, text);
  }

  /** @throws VisibleError (404, 409) if the prompt does not wait. */
  async edit(
    of: ConversationRef,
    prompt: number,
    text: string,
  ): Promise<QueuedPrompt> {
    const { quotas, settings } = this.deps;
    await settings.read(of.ownerHash, of.conversation);
    await quotas.assertRoom(of.ownerHash, false);
    const edited = await promptQueueOf(this.deps, of).edit(prompt, text);
    await this.count(of, { text });
    return describe({ ...edited, text });
  }

  /** @throws VisibleError (404, 409) if the prompt does not wait. */
  async withdraw(of: ConversationRef, prompt: number): Promise<void> {
    await this.deps.settings.read(of.ownerHash, of.conversation);
    await promptQueueOf(this.deps, of).withdraw(prompt);
  }

  /**
   * Lets the queue go on after a failed reply, which then can't be retried. Does nothing if the
   * queue is empty, or the reply has not failed.
   *
   * @throws VisibleError (429 or 503) if the owner may start no further reply now.
   */
  async goOn(of: ConversationRef): Promise<void> {
    const { settings, replies } = this.deps;
    await settings.read(of.ownerHash, of.conversation);
    using _ = await lockPrompts(this.deps, of.ownerHash);
    const log = messageLogOf(this.deps, of.ownerHash, of.conversation);
    const state = await this.read(of);
    const listing = await log.list();
    if (!listing || !(await isOpen(state, log, listing))) return;
    const failed = await this.findFailed(of, listing.last);
    if (failed) await replies.reserveSlot(of.ownerHash);
    // Before the decision: a process that dies afterwards leaves the queue to the others.
    await replies.watchQueue(of);
    if (failed) await replies.continueWith(failed, GO_ON);
    await replies.continueQueue(of);
  }

  /** The reply to the last prompt if it failed, and nothing was decided to follow it. */
  private async findFailed(
    { ownerHash, conversation }: ConversationRef,
    last: number,
  ): Promise<ReplyRef | undefined> {
    if (!isPromptNumber(last)) return undefined;
    const reply = replyTo(ownerHash, conversation, last);
    const found = await this.deps.replies.snapshot(reply);
    const isOpenFailure = found?.status === "failed" && !found.nextPrompt;
    return isOpenFailure ? reply : undefined;
  }

  /** Also for a repeated call: the process that answered the first one may have died. */
  private async complete(
    of: ConversationRef,
    item: QueueItem,
    text: string,
  ): Promise<Prompt> {
    const { replies, fileStore } = this.deps;
    const { files } = item;
    if (item.state === "waiting") {
      await replies.watchQueue(of);
      await this.count(of, item);
      await replies.continueQueue(of);
      fileStore.release(of.ownerHash, idsOf(files));
    }
    const { number, at } = item;
    return { number, role: "user", text, at, ...(files && { files }) };
  }

  /** All texts count, also those that were replaced or withdrawn: they are on disk. */
  private count(
    { ownerHash, conversation: id }: ConversationRef,
    prompt: Pick<Prompt, "text" | "files">,
  ): Promise<void> {
    const at = this.deps.now().toISOString();
    const bytes = bytesOf(prompt);
    return this.deps.ownerIndex.append(ownerHash, {
      kind: "prompt",
      id,
      at,
      bytes,
    });
  }

  private async lastMessage(of: ConversationRef): Promise<number> {
    const log = messageLogOf(this.deps, of.ownerHash, of.conversation);
    return (await log.list())?.last ?? 0;
  }
}
