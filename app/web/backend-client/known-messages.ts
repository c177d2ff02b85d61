import type { ConversationPage } from "../../core/domain/records";

/** The last number before a gap in the messages: up to it, messages never change. */
export function knownMessages({
  conversation,
  messages,
}: ConversationPage): number {
  // A turn that is restored would be missing.
  if (conversation.deletedTurns) return 0;
  let known = 0;
  for (const { number } of messages) {
    if (known !== 0 && number !== known + 1) break;
    known = number;
  }
  return known;
}

/** Joins a page with the messages that it lacks because the client knows them. */
export function joinPages(
  earlier: ConversationPage,
  found: ConversationPage,
  known: number,
  limit: number,
): ConversationPage {
  const { deletedTurns } = found.conversation;
  const [added] = found.messages;
  // The conversation continued in another thread, or lost a turn: the page has all that there is.
  if (deletedTurns || (added && added.number <= known)) return found;
  const { first = 1 } = found;
  const old = earlier.messages.filter(
    ({ number }) => first <= number && number <= known,
  );
  return { ...found, messages: [...old, ...found.messages].slice(-limit) };
}
