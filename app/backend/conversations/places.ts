import { sentence } from "../../core/texts/catalogue";
import { VisibleError } from "../../core/domain/errors";
import { limits } from "../../core/domain/records";
import type { StoredConversation } from "../../core/storage/layout/owner-events";
import type { OwnerState } from "../owner-index/owner-state";
import type { SettingsChanges } from "./conversation-settings";

/** Where a conversation is to be listed; absent for no change. */
export interface Place {
  pinned?: boolean;
  archived?: boolean;
}

/** The changes that put a conversation into its place: it is pinned, archived or neither. */
export function placed(
  now: StoredConversation,
  { pinned, archived }: Place,
  at: string,
): SettingsChanges {
  if (archived) return { archivedAt: now.archivedAt ?? at, pinnedAt: null };
  if (pinned) return { pinnedAt: now.pinnedAt ?? at, archivedAt: null };
  return {
    ...(pinned === false && { pinnedAt: null }),
    ...(archived === false && { archivedAt: null }),
  };
}

/** True if another conversation can be pinned, or this one is. */
export function hasRoomForPin(state: Readonly<OwnerState>, id: string) {
  const pinned = state.pinned();
  return (
    pinned.length < limits.pinnedConversations ||
    pinned.some(({ settings }) => settings.id === id)
  );
}

export const tooManyPins = () =>
  new VisibleError(
    409,
    sentence("problem.pinned", { limit: limits.pinnedConversations }),
  );
