import { NotFoundError } from "../../core/domain/errors";
import type { Conversation, Prompt } from "../../core/domain/records";
import type { OwnerIndex } from "../owner-index/owner-index";
import {
  toListedConversation,
  toConversation,
} from "../owner-index/to-conversation";
import { derivedId, newId } from "../ids";
import type { ConversationValidator } from "./validator";
import type { ConversationPages } from "./conversation-pages";
import type {
  ConversationSettings,
  SettingsChanges,
} from "./conversation-settings";
import { refuseTooLong } from "./refuse-too-long";
import { titleOf } from "./title";
import type { PromptService } from "./prompts";

export interface ConversationsDeps {
  ownerIndex: OwnerIndex;
  settings: ConversationSettings;
  validator: ConversationValidator;
  prompts: PromptService;
  pages: ConversationPages;
  now: () => Date;
}

/** The conversations of all owners. An owner's is found through their own folder alone. */
export class Conversations {
  constructor(private readonly parts: ConversationsDeps) {}

  /** The conversations that are not deleted, the last used first. */
  async list(
    ownerHash: string,
    { limit, cursor }: { limit: number; cursor?: string },
  ): Promise<{ conversations: Conversation[]; next: string | null }> {
    const state = await this.parts.ownerIndex.read(ownerHash);
    const below = cursor === undefined ? Infinity : Number(cursor);
    const found = state.listed().filter(({ order }) => order < below);
    const page = found.slice(0, limit);
    return {
      conversations: page.map((one) => toListedConversation(state, one)),
      next: found.length > limit ? String(page.at(-1)?.order) : null,
    };
  }

  /**
   * Makes a conversation of its first message, and begins the reply. With a key, whoever comes
   * again finds the conversation that was made, and what was missing of it is done.
   *
   * It is listed when all of it is on disk: what is cut before that is seen by nobody.
   */
  async create(
    ownerHash: string,
    given: { text: string; model?: string; project?: string },
    key?: string,
  ): Promise<{ conversation: Conversation; message: Prompt }> {
    const { settings, validator, prompts } = this.parts;
    const { text, project = null } = given;
    refuseTooLong(text);
    await validator.assertExists(ownerHash, given);
    const model = given.model ?? (await validator.defaultModel());
    const id = key ? derivedId("conversation", ownerHash, key) : newId();
    const make = (createdAt: string, prompt: Promise<Prompt>) =>
      settings.make(
        ownerHash,
        {
          id,
          title: titleOf(text),
          model,
          project,
          maxTokens: null,
          temperature: null,
          createdAt,
          deletedAt: null,
        },
        prompt,
      );
    const { message, rest } = await prompts.begin(
      ownerHash,
      id,
      { text, key },
      make,
    );
    return { conversation: toConversation(rest, message.at), message };
  }

  /** Changes what is named in `changes`, and nothing else. */
  async change(
    ownerHash: string,
    id: string,
    changes: SettingsChanges,
  ): Promise<Conversation> {
    const { settings, validator } = this.parts;
    const { model } = await settings.read(ownerHash, id);
    await validator.assertExists(ownerHash, changes);
    await validator.assertSupported(changes.model ?? model, changes);
    const { title } = changes;
    return this.changeSettings(ownerHash, id, {
      ...changes,
      title: title?.trim(),
    });
  }

  /** Deletes a conversation, which {@link restore} undoes; a reply that is being written ends. */
  async delete(ownerHash: string, id: string): Promise<void> {
    const deletedAt = this.parts.now().toISOString();
    await this.parts.settings.change(ownerHash, id, { deletedAt });
    try {
      await this.parts.prompts.stop(ownerHash, id);
    } catch (error) {
      // Nobody has begun it (yet), and there is nothing to answer any more.
      if (!(error instanceof NotFoundError)) throw error;
    }
  }

  restore(ownerHash: string, id: string): Promise<Conversation> {
    return this.changeSettings(ownerHash, id, { deletedAt: null });
  }

  private async changeSettings(
    ownerHash: string,
    id: string,
    changes: SettingsChanges,
  ): Promise<Conversation> {
    const { settings, pages } = this.parts;
    const changed = await settings.change(ownerHash, id, changes);
    return pages.describe(ownerHash, changed);
  }
}
