import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  type OwnerEvent,
  type StoredConversation,
  temperatureOf,
} from "../../core/storage/layout/owner-events";
import type {
  ConversationRef,
  RecordFolders,
  ReplyRef,
} from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import type { JsonObject } from "../../core/storage/json";
import { isPrompt, type Reply } from "../../core/domain/records";
import { nextPromptNumber } from "../../core/domain/turns";
import type { OwnerIndex } from "../owner-index/owner-index";
import { assemblePrompt } from "./assemble-prompt";
import { readHistory } from "./history";
import { joinInstructions } from "./join-instructions";
import type { FileStore } from "../files/file-store";
import { giveFiles } from "../files/give-files";
import type { Models } from "../models/create-models";
import type { ModelInfo } from "../models/model";
import { TokenCounter } from "../models/token-counter";
import type { OwnerSettings } from "../owners/owner-settings";
import type { Projects } from "../projects/projects";
import { encodeLine, type LogRecord } from "../replies/log/records";
import {
  type FinalReply,
  GO_ON,
  type QueueProgress,
  type ReplyPrompt,
  type ReplyRepository,
} from "../replies/types";
import type { ConversationSettings } from "./conversation-settings";
import type { ModelTitles } from "./model-titles";
import { isNotDeleted } from "./deleted-turns";
import { isPromptAt, type MessageLog, messageLogOf } from "./message-log";
import { promptQueueOf } from "./prompt-queue";
import { hasQueue, isOpen, sendQueued } from "./send-queued";

export interface ReplyRepositoryDeps {
  files: StorageContext;
  folders: RecordFolders;
  ownerIndex: OwnerIndex;
  settings: ConversationSettings;
  projects: Projects;
  ownerSettings: Pick<OwnerSettings, "read">;
  models: Pick<Models, "find">;
  fileStore: FileStore;
  systemPrompt: string;
  /** Proposes titles; absent if that is switched off. */
  titles?: Pick<ModelTitles, "propose"> | undefined;
}

const FIRST_REPLY = 2;

type ModelWindow = Pick<
  ModelInfo,
  "contextTokens" | "maxReplyTokens" | "takes"
>;

const SMALL_WINDOW: ModelWindow = {
  contextTokens: 8_192,
  maxReplyTokens: 2_048,
};

/** Prompts for models, and the messages that replies become. */
export class ConversationReplyRepository implements ReplyRepository {
  /** By folder: concurrent calls share one write. */
  private readonly publishing = new Map<string, Promise<void>>();
  private readonly counter = new TokenCounter();

  constructor(private readonly deps: ReplyRepositoryDeps) {}

  folder(ref: ReplyRef): string {
    return this.deps.folders.reply(ref);
  }

  conversationFolder({ ownerHash, conversation }: ConversationRef): string {
    return path.dirname(this.deps.folders.settings(ownerHash, conversation));
  }

  async isExpected(ref: ReplyRef): Promise<boolean> {
    const listing = await this.logOf(ref).list();
    return listing?.last === ref.number - 1;
  }

  async promptFor(ref: ReplyRef, begun = ""): Promise<ReplyPrompt> {
    const { ownerHash, number } = ref;
    const stored = await this.settingsFor(ref);
    const history = await readHistory(
      this.logOf(ref),
      number - 1,
      isNotDeleted(stored),
    );
    const { systemPrompt } = this.deps;
    const instructions = await this.instructionsOf(ownerHash, stored);
    const longest = stored.maxTokens ?? undefined;
    const window = await this.window(stored.model);
    const newestFirst = giveFiles(
      this.deps.fileStore,
      ref,
      history.newestFirst,
      window,
    );
    const { messages, leftOut, tokensLeft } = await assemblePrompt(
      { ...history, newestFirst, systemPrompt, instructions, begun },
      window,
      this.counter,
      longest,
    );
    return {
      model: stored.model,
      modelName: await this.modelName(stored.model),
      messages,
      maxTokens: longest === undefined ? undefined : tokensLeft,
      temperature: temperatureOf(stored) ?? undefined,
      attempt: history.earlierVersions,
      leftOut,
    };
  }

  /** The process that has just saved the prompt read the settings before it: later changes are for later replies. */
  private settingsFor(ref: ReplyRef): Promise<StoredConversation> {
    const { settings } = this.deps;
    const { ownerHash, conversation, number } = ref;
    return this.logOf(ref).hasJustAdded(number - 1)
      ? settings.known(ownerHash, conversation)
      : settings.read(ownerHash, conversation);
  }

  private async instructionsOf(
    ownerHash: string,
    { project: id, instructions: conversation }: StoredConversation,
  ): Promise<string> {
    const { projects, ownerSettings } = this.deps;
    const [everywhere, project] = await Promise.all([
      ownerSettings.read(ownerHash),
      id ? projects.readIfThere(ownerHash, id) : undefined,
    ]);
    return joinInstructions({
      everywhere: everywhere.instructions,
      project: project?.instructions,
      conversation,
    });
  }

  publishMessage(
    ref: ReplyRef,
    ended: FinalReply,
    end?: LogRecord,
  ): Promise<void> {
    const name = this.folder(ref);
    const saving =
      this.publishing.get(name) ??
      this.saveMessage(ref, ended, end).finally(() =>
        this.publishing.delete(name),
      );
    this.publishing.set(name, saving);
    return saving;
  }

  private async saveMessage(
    ref: ReplyRef,
    ended: FinalReply,
    end?: LogRecord,
  ): Promise<void> {
    const message = await this.messageOf(ref, ended);
    const { ownerHash, conversation: id, number: reply } = ref;
    const isSaved =
      (end && (await this.linkEnd(ref, end))) ??
      (await this.logOf(ref).addReply(message));
    if (!isSaved) {
      const { conversations } = await this.deps.ownerIndex.read(ownerHash);
      const known = conversations.get(id);
      // The process that saved it may have died before it counted it.
      if (!known || known.counted.has(reply)) return;
    } else if (reply === FIRST_REPLY && ended.outcome === "complete") {
      void this.deps.titles?.propose(ownerHash, id);
    }
    const { at, model, modelName, usage } = message;
    const prompt = await this.uncountedPrompt(ref);
    const own = Buffer.byteLength(message.text + (message.reasoning ?? ""));
    await this.deps.ownerIndex.append(ownerHash, {
      kind: "reply",
      id,
      reply,
      at,
      model,
      modelName,
      usage,
      bytes: own + (prompt?.bytes ?? 0),
    });
  }

  /** The event of a reply's prompt, if the owner index has none of it. */
  private async uncountedPrompt({
    ownerHash,
    conversation: id,
    number,
  }: ReplyRef): Promise<(OwnerEvent & { kind: "prompt" }) | undefined> {
    const log = messageLogOf(this.deps, ownerHash, id);
    const prompt = await log.read(number - 1);
    if (!prompt || !isPrompt(prompt)) return undefined;
    if (!(await log.isCountedWithReply(prompt))) return undefined;
    const bytes = Buffer.byteLength(prompt.text);
    return { kind: "prompt", id, at: prompt.at, bytes };
  }

  /**
   * Publishes a reply by giving its end entry a second name among the messages.
   *
   * @returns As {@link MessageLog.linkReply}; `undefined` if the entry is no message, or can't be linked.
   */
  private async linkEnd(
    ref: ReplyRef,
    { line, offset }: LogRecord,
  ): Promise<boolean | undefined> {
    const { number, token } = line;
    if (number !== ref.number || typeof token !== "string") return undefined;
    const file = path.join(this.folder(ref), String(offset.entry));
    const entry = { line: encodeLine(line).toString(), token };
    return this.logOf(ref)
      .linkReply(ref.number, file, entry)
      .catch(() => undefined);
  }

  /** Saves a failed reply as a message. It is not counted as usage. */
  async keepFailed(ref: ReplyRef, ended: FinalReply): Promise<Reply> {
    const message = await this.messageOf(ref, ended);
    if (await this.logOf(ref).addReply(message)) {
      // A failed reply has no event of its own.
      const prompt = await this.uncountedPrompt(ref);
      if (prompt) await this.deps.ownerIndex.append(ref.ownerHash, prompt);
    }
    return message;
  }

  hasQueue(of: ConversationRef): Promise<boolean> {
    return hasQueue(this.deps, of);
  }

  async isContinued(ref: ReplyRef): Promise<boolean> {
    // Before the messages, so that a prompt that moves from here to them is in one of them.
    const queue = await promptQueueOf(this.deps, ref).read();
    const log = this.logOf(ref);
    const listing = await log.list();
    if (!listing) return false;
    return listing.last > ref.number || isOpen(queue, log, listing);
  }

  sendQueued(of: ConversationRef): Promise<QueueProgress | undefined> {
    return sendQueued(this.deps, of);
  }

  async moveOn(
    ref: ReplyRef,
    ended: FinalReply,
    next: JsonObject,
  ): Promise<boolean> {
    if (isDeepStrictEqual(next, GO_ON)) await this.keepFailed(ref, ended);
    else if (isPromptAt(nextPromptNumber(ref.number), next)) {
      await this.saveSuccessor(ref, next);
    } else return false;
    return true;
  }

  /** Saves the prompt that was decided on after a failed reply. */
  saveSuccessor(ref: ReplyRef, next: JsonObject): Promise<void> {
    return this.logOf(ref).addDecided(next, nextPromptNumber(ref.number));
  }

  async messageOf(ref: ReplyRef, ended: FinalReply): Promise<Reply> {
    const { outcome, text, reasoning, reasoningMs, reason } = ended;
    const { usage, model, leftOut, at } = ended;
    const modelName = ended.modelName ?? (await this.modelName(model));
    return {
      number: ref.number,
      role: "assistant",
      text,
      reasoning,
      reasoningMs,
      at,
      model,
      modelName,
      outcome,
      reason,
      usage,
      leftOut: leftOut === 0 ? undefined : leftOut,
    };
  }

  /** The display name of a model; its id if it is no longer offered. */
  async modelName(id: string): Promise<string> {
    return (await this.deps.models.find(id))?.name ?? id;
  }

  /** A model that is no longer offered is called all the same: its provider reports the error. */
  private async window(id: string): Promise<ModelWindow> {
    return (await this.deps.models.find(id)) ?? SMALL_WINDOW;
  }

  private logOf({ ownerHash, conversation }: ReplyRef): MessageLog {
    return messageLogOf(this.deps, ownerHash, conversation);
  }
}
