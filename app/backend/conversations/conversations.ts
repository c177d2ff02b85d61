import { sentence } from "../../core/texts/catalogue";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import type { Conversation } from "../../core/domain/records";
import {
  type StoredConversation,
  storedTemperature,
} from "../../core/storage/layout/owner-events";
import { assertNotTooLong } from "../projects/projects";
import type { StorageContext } from "../../core/storage/storage-context";
import type { OwnerIndex } from "../owner-index/owner-index";
import { toListedConversation } from "../owner-index/to-conversation";
import type { ConversationValidator } from "./validator";
import type { ConversationPages } from "./conversation-pages";
import type {
  ConversationSettings,
  SettingsChanges,
} from "./conversation-settings";
import type { ChosenOptions } from "../models/check-reply-options";
import { withDeleted } from "./deleted-turns";
import { hasRoomForPin, type Place, placed, tooManyPins } from "./places";
import type { PromptService } from "./prompts";

export interface ConversationsDeps {
  files: StorageContext;
  ownerIndex: OwnerIndex;
  settings: ConversationSettings;
  validator: ConversationValidator;
  prompts: PromptService;
  pages: ConversationPages;
  now: () => Date;
}

export interface ListOptions {
  limit: number;
  cursor?: string;
  archived?: "only" | "with";
}

/** The conversations of all owners: each is found only through its owner's folder. */
export class Conversations {
  constructor(private readonly deps: ConversationsDeps) {}

  /** The conversations that are not deleted, most recently used first; by default not the archived ones. */
  async list(
    ownerHash: string,
    { limit, cursor, archived }: ListOptions,
  ): Promise<{ conversations: Conversation[]; next: string | null }> {
    const state = await this.deps.ownerIndex.read(ownerHash);
    const below = cursor === undefined ? Infinity : Number(cursor);
    const found = state.listed(archived).filter(({ order }) => order < below);
    const page = found.slice(0, limit);
    return {
      conversations: page.map((one) => toListedConversation(state, one)),
      next: found.length > limit ? String(page.at(-1)?.order) : null,
    };
  }

  /** The pinned conversations, last pinned first. */
  async pinned(ownerHash: string): Promise<Conversation[]> {
    const state = await this.deps.ownerIndex.read(ownerHash);
    return state.pinned().map((one) => toListedConversation(state, one));
  }

  /** @throws VisibleError (409) if no more conversations can be pinned. */
  async change(
    ownerHash: string,
    id: string,
    { pinned, archived, ...changes }: SettingsChanges & Place,
  ): Promise<Conversation> {
    const { settings, validator } = this.deps;
    const stored = await settings.read(ownerHash, id);
    await validator.assertExists(ownerHash, changes);
    const { model = stored.model } = changes;
    await validator.assertSupported(model, changedOptions(changes, stored));
    const { title, temperature, instructions = "" } = changes;
    assertNotTooLong(instructions);
    using _ = await this.lockPins(ownerHash, pinned);
    if (pinned && !(await this.hasRoomForPin(ownerHash, id))) {
      throw tooManyPins();
    }
    const at = this.deps.now().toISOString();
    return await this.changeSettings(ownerHash, id, (now) => ({
      ...changes,
      ...(temperature !== undefined && storedTemperature(temperature)),
      ...(title !== undefined && { title: title.trim(), titledBy: "person" }),
      ...placed(now, { pinned, archived }, at),
    }));
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
    await this.deps.settings.change(ownerHash, id, (now) =>
      now.deletedAt === null ? { deletedAt } : undefined,
    );
    try {
      await this.deps.prompts.stop(ownerHash, id);
    } catch (error) {
      // Meanwhile the conversation went on, or was erased.
      if (!(error instanceof NotFoundError)) throw error;
    }
  }

  /** A pinned conversation comes back without its pin if no more can be pinned. */
  async restore(ownerHash: string, id: string): Promise<Conversation> {
    using _ = await this.lockPins(ownerHash, true);
    const hasRoom = await this.hasRoomForPin(ownerHash, id);
    try {
      return await this.changeSettings(ownerHash, id, ({ deletedAt }) => ({
        deletedAt: null,
        ...(deletedAt !== null && !hasRoom && { pinnedAt: null }),
      }));
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      if (!(await this.deps.settings.noteIfEnded(ownerHash, id))) throw error;
      throw new VisibleError(404, sentence("problem.deletedForGood"));
    }
  }

  /** Serializes an owner's pins in this process. The limit is best-effort across processes. */
  private lockPins(
    ownerHash: string,
    pinned: boolean | undefined,
  ): Promise<Disposable> | undefined {
    if (!pinned) return undefined;
    return this.deps.files.mutex.lock(`${ownerHash}#pins`);
  }

  private async hasRoomForPin(ownerHash: string, id: string): Promise<boolean> {
    return hasRoomForPin(await this.deps.ownerIndex.read(ownerHash), id);
  }

  private async changeSettings(
    ownerHash: string,
    id: string,
    changes: (now: StoredConversation) => SettingsChanges,
  ): Promise<Conversation> {
    const { settings, pages } = this.deps;
    const changed = await settings.change(ownerHash, id, changes);
    return pages.describe(ownerHash, changed);
  }
}

/**
 * The options without those that stay as they are: a form sends all of them, and one that was chosen for
 * another model may exceed what this one allows.
 */
function changedOptions(
  { maxTokens, temperature }: SettingsChanges,
  stored: StoredConversation,
): ChosenOptions {
  const { exactTemperature, temperature: old } = stored;
  return {
    ...(maxTokens !== stored.maxTokens && { maxTokens }),
    ...(temperature !== (exactTemperature ?? old) && { temperature }),
  };
}
