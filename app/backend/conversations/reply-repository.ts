import type { StoredConversation } from "../../core/storage/layout/owner-events";
import type {
  RecordFolders,
  ReplyRef,
} from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import type { JsonObject } from "../../core/storage/json";
import {
  isPrompt,
  type ModelDescription,
  type Reply,
} from "../../core/domain/records";
import { threadOf, versionOf } from "../../core/domain/turns";
import type { OwnerIndex } from "../owner-index/owner-index";
import { assemblePrompt, tokensLeft } from "./assemble-prompt";
import type { Models } from "../models/create-models";
import type { Projects } from "../projects/projects";
import type {
  FinalReply,
  ReplyPrompt,
  ReplyRepository,
} from "../replies/types";
import type { ConversationSettings } from "./conversation-settings";
import { type MessageLog, messageLogOf } from "./message-log";

export interface ReplyRepositoryDeps {
  files: StorageContext;
  folders: RecordFolders;
  ownerIndex: OwnerIndex;
  settings: ConversationSettings;
  projects: Projects;
  models: Pick<Models, "find">;
  /** What every conversation begins with, as the operator set it. */
  systemPrompt: string;
}

type ModelWindow = Pick<ModelDescription, "contextTokens" | "maxReplyTokens">;

const SMALL_WINDOW: ModelWindow = {
  contextTokens: 8_192,
  maxReplyTokens: 2_048,
};

/** What replies need from the records: what to ask a model, and where an answer goes. */
export class ConversationReplyRepository implements ReplyRepository {
  /** Replies that become messages now, by where they lie. */
  private readonly publishing = new Map<string, Promise<void>>();

  constructor(private readonly parts: ReplyRepositoryDeps) {}

  folder(ref: ReplyRef): string {
    return this.parts.folders.reply(ref);
  }

  async promptFor(ref: ReplyRef, begun = ""): Promise<ReplyPrompt> {
    const { ownerHash, conversation, number } = ref;
    const [stored, said] = await Promise.all([
      this.parts.settings.read(ownerHash, conversation),
      this.logOf(ref).readBelow(number),
    ]);
    const { thread } = threadOf(said);
    const prompt = thread.findLast(isPrompt);
    const { systemPrompt } = this.parts;
    const instructions = await this.instructionsOf(ownerHash, stored);
    const longest = stored.maxTokens ?? undefined;
    const { messages, leftOut } = assemblePrompt(
      { systemPrompt, instructions, history: thread, begun },
      await this.window(stored.model),
      longest,
    );
    return {
      model: stored.model,
      modelName: await this.modelName(stored.model),
      messages,
      maxTokens: longest === undefined ? undefined : tokensLeft(longest, begun),
      temperature: stored.temperature ?? undefined,
      attempt: prompt ? versionOf(prompt) : 0,
      leftOut,
    };
  }

  /** What the project asks of all of its conversations, if this is in one. */
  private async instructionsOf(
    ownerHash: string,
    { project: id }: StoredConversation,
  ): Promise<string | undefined> {
    if (!id) return undefined;
    const project = await this.parts.projects.readIfThere(ownerHash, id);
    return project?.instructions;
  }

  /** Those who come while it becomes one wait for that: a second writer would only be in the way. */
  publishMessage(ref: ReplyRef, ended: FinalReply): Promise<void> {
    const name = this.folder(ref);
    const becoming =
      this.publishing.get(name) ??
      this.saveMessage(ref, ended).finally(() => this.publishing.delete(name));
    this.publishing.set(name, becoming);
    return becoming;
  }

  private async saveMessage(ref: ReplyRef, ended: FinalReply): Promise<void> {
    const message = await this.messageOf(ref, ended);
    const { ownerHash, conversation: id, number: reply } = ref;
    if (!(await this.logOf(ref).addReply(message))) {
      const { conversations } = await this.parts.ownerIndex.read(ownerHash);
      const known = conversations.get(id);
      // Who saved it may have died before it was noted.
      if (!known || known.counted.has(reply)) return;
    }
    const { at, model, modelName, usage } = message;
    await this.parts.ownerIndex.append(ownerHash, {
      kind: "reply",
      id,
      reply,
      at,
      model,
      modelName,
      usage,
    });
  }

  /** Saves a failed reply as a message. It is not counted as usage. */
  async keepFailed(ref: ReplyRef, ended: FinalReply): Promise<Reply> {
    const message = await this.messageOf(ref, ended);
    await this.logOf(ref).addReply(message);
    return message;
  }

  /** Puts the prompt with which a conversation went on after a failure among its messages. */
  saveSuccessor(ref: ReplyRef, next: JsonObject): Promise<void> {
    return this.logOf(ref).addDecided(next, ref.number + 1);
  }

  async messageOf(ref: ReplyRef, ended: FinalReply): Promise<Reply> {
    const { outcome, text, reasoning, reason, usage, model, leftOut, at } =
      ended;
    const modelName = ended.modelName ?? (await this.modelName(model));
    return {
      number: ref.number,
      role: "assistant",
      text,
      reasoning,
      at,
      model,
      modelName,
      outcome,
      reason,
      usage,
      leftOut: leftOut === 0 ? undefined : leftOut,
    };
  }

  /** What people call a model; its id, where it isn't on offer any more. */
  async modelName(id: string): Promise<string> {
    return (await this.parts.models.find(id))?.name ?? id;
  }

  /** A model that isn't on offer is asked all the same: it is the one who says so. */
  private async window(id: string): Promise<ModelWindow> {
    return (await this.parts.models.find(id)) ?? SMALL_WINDOW;
  }

  private logOf({ ownerHash, conversation }: ReplyRef): MessageLog {
    return messageLogOf(this.parts, ownerHash, conversation);
  }
}
