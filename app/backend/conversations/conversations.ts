import { NotFoundError } from "../../core/domain/errors";
import type { Conversation } from "../../core/domain/records";
import type { OwnerIndex } from "../owner-index/owner-index";
import { toListedConversation } from "../owner-index/to-conversation";
import type { ConversationValidator } from "./validator";
import type { ConversationPages } from "./conversation-pages";
import type {
  ConversationSettings,
  SettingsChanges,
} from "./conversation-settings";
import { withDeleted } from "./deleted-turns";
import type { PromptService } from "./prompts";

export interface ConversationsDeps {
  ownerIndex: OwnerIndex;
  settings: ConversationSettings;
  validator: ConversationValidator;
  prompts: PromptService;
  pages: ConversationPages;
  now: () => Date;
}

/** The conversations of all owners: each is found only through its owner's folder. */
export class Conversations {
  constructor(private readonly deps: ConversationsDeps) {}

  /** The conversations that are not deleted, most recently used first. */
  async list(
    ownerHash: string,
    { limit, cursor }: { limit: number; cursor?: string },
  ): Promise<{ conversations: Conversation[]; next: string | null }> {
    const state = await this.deps.ownerIndex.read(ownerHash);
    const below = cursor === undefined ? Infinity : Number(cursor);
    const found = state.listed().filter(({ order }) => order < below);
    const page = found.slice(0, limit);
    return {
      conversations: page.map((one) => toListedConversation(state, one)),
      next: found.length > limit ? String(page.at(-1)?.order) : null,
    };
  }

  async change(
    ownerHash: string,
    id: string,
    changes: SettingsChanges,
  ): Promise<Conversation> {
    const { settings, validator } = this.deps;
    const { model } = await settings.read(ownerHash, id);
    await validator.assertExists(ownerHash, changes);
    await validator.assertSupported(changes.model ?? model, changes);
    const { title } = changes;
    return this.changeSettings(ownerHash, id, {
      ...changes,
      ...(title !== undefined && { title: title.trim(), titledBy: "person" }),
    });
  }

  /**
   * Deletes a turn until {@link restoreTurn} is called, and stops the reply if it is being written.
   *
   * @throws NotFoundError if there is no such turn.
   */
  async deleteTurn(ownerHash: string, id: string, turn: number): Promise<void> {
    const { settings, prompts } = this.deps;
    await settings.read(ownerHash, id);
    await prompts.stopTurn(ownerHash, id, turn);
    await settings.change(ownerHash, id, ({ deletedTurns = [] }) => ({
      deletedTurns: withDeleted(deletedTurns, turn),
    }));
  }

  async restoreTurn(
    ownerHash: string,
    id: string,
    turn: number,
  ): Promise<void> {
    const { settings } = this.deps;
    await settings.read(ownerHash, id);
    await settings.change(ownerHash, id, ({ deletedTurns = [] }) => ({
      deletedTurns: deletedTurns.filter((one) => one !== turn),
    }));
  }

  /** Deletes a conversation until {@link restore} is called, and stops its reply. */
  async delete(ownerHash: string, id: string): Promise<void> {
    const deletedAt = this.deps.now().toISOString();
    await this.deps.settings.change(ownerHash, id, { deletedAt });
    try {
      await this.deps.prompts.stop(ownerHash, id);
    } catch (error) {
      // Meanwhile the conversation went on, or was erased.
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
    const { settings, pages } = this.deps;
    const changed = await settings.change(ownerHash, id, changes);
    return pages.describe(ownerHash, changed);
  }
}
