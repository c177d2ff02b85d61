import { sentence } from "../../core/texts/catalogue";
import { VisibleError } from "../../core/domain/errors";
import { limits } from "../../core/domain/records";
import { turnOf } from "../../core/domain/turns";
import type { StoredConversation } from "../../core/storage/layout/owner-events";

/*
 * Messages never change, so a deleted turn is a number in the conversation's settings. Its messages are neither
 * shown, nor sent to a model, nor found. They leave the disk with the conversation.
 */

/** A test for the messages of a conversation whose turn is not deleted. */
export function isNotDeleted({
  deletedTurns = [],
}: StoredConversation): (message: number) => boolean {
  const deleted = new Set(deletedTurns);
  return (message) => !deleted.has(turnOf(message));
}

/** @throws VisibleError (409) if a conversation has as many deleted turns as it may have. */
export function withDeleted(turns: readonly number[], turn: number): number[] {
  if (turns.includes(turn)) return [...turns];
  if (turns.length < limits.deletedTurns) return [...turns, turn];
  throw new VisibleError(
    409,
    sentence("problem.deletedTurns", { limit: limits.deletedTurns }),
  );
}
