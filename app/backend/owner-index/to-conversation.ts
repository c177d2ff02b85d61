import {
  type StoredConversation,
  temperatureOf,
} from "../../core/storage/layout/owner-events";
import type { Conversation } from "../../core/domain/records";
import { visibleTitle } from "../conversations/title";
import type { ConversationState, OwnerState } from "./owner-state";

/** A conversation as the owner's index has it. */
export function toListedConversation(
  state: Readonly<OwnerState>,
  one: ConversationState,
): Conversation {
  const settings = { ...one.settings, project: state.projectOf(one) };
  return toConversation(settings, one.updatedAt);
}

/** A conversation as the API answers it. */
export function toConversation(
  settings: StoredConversation,
  updatedAt: string = settings.createdAt,
): Conversation {
  const { id, model, project, maxTokens, temperature, instructions } = settings;
  const exact = temperatureOf(settings);
  const { createdAt, deletedAt, deletedTurns } = settings;
  const { pinnedAt, archivedAt } = settings;
  return {
    id,
    title: visibleTitle(settings.title),
    model,
    project,
    maxTokens,
    temperature,
    ...(exact !== null && exact > 1 && { exactTemperature: exact }),
    ...(instructions && { instructions }),
    createdAt,
    updatedAt,
    deletedAt,
    ...(pinnedAt && { pinnedAt }),
    ...(archivedAt && { archivedAt }),
    ...(deletedTurns?.length && { deletedTurns }),
  };
}
