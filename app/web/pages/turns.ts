import {
  type ConversationPage,
  isPrompt,
  isReply,
  type Message,
  type Prompt,
  type Reply,
} from "../../core/domain/records";
import {
  firstVersion,
  threadOf,
  turnOf,
  versionOf,
} from "../../core/domain/turns";

/** A turn as a page shows it. Either part may be missing: a failed reply, a damaged prompt. */
export interface ShownTurn {
  number: number;
  prompt?: Prompt;
  reply?: Reply;
  versions: VersionsView | undefined;
}

/** The shown version of a turn, counted from 1, and the addresses of its neighbours. */
export interface VersionsView {
  version: number;
  count: number;
  previous: string | undefined;
  next: string | undefined;
}

export interface ShownTurns {
  turns: ShownTurn[];
  /** The query that shows earlier turns. */
  older: string | undefined;
  /**
   * Set if the last shown turn is not the version that the conversation continued from. It may still
   * continue from it (`open`), or continued from another (`closed`).
   */
  aside: "open" | "closed" | undefined;
}

/**
 * The turns of one thread of a conversation.
 *
 * @param wanted A message that must be among them, even if the conversation continued from another
 *   version of it.
 */
export function shownTurns(
  { conversation, messages, hasOlder }: ConversationPage,
  wanted?: number,
): ShownTurns {
  const usual = threadOf(messages);
  const turn = wanted === undefined ? undefined : turnOf(wanted);
  const isAside =
    turn !== undefined &&
    hasTurn(messages, turn) &&
    !hasTurn(usual.thread, turn);
  const { thread, from } = isAside ? threadOf(messages, turn) : usual;
  // Half a turn at the beginning comes with the page before.
  if (hasOlder && thread[0] && isReply(thread[0])) thread.shift();
  const prompts = messages.filter(isPrompt);
  const [first] = thread;
  const last = thread.findLast(isPrompt);
  return {
    turns: turnsOf(thread).map((one) => ({
      ...one,
      prompt: one.prompt && asFirstSaid(one.prompt, prompts),
      versions:
        one.prompt && viewVersions(conversation.id, one.prompt, prompts),
    })),
    older: hasOlder ? olderThan(first ?? messages[0], from) : undefined,
    aside: isAside
      ? isVersionOfLast(last, prompts)
        ? "open"
        : "closed"
      : undefined,
  };
}

const hasTurn = (messages: Message[], turn: number) =>
  messages.some(({ number }) => turnOf(number) === turn);

function turnsOf(thread: Message[]): Omit<ShownTurn, "versions">[] {
  const turns = new Map<number, Omit<ShownTurn, "versions">>();
  for (const message of thread) {
    const number = turnOf(message.number);
    const turn = turns.get(number) ?? { number };
    turns.set(number, turn);
    if (isPrompt(message)) turn.prompt = message;
    else turn.reply = message;
  }
  return [...turns.values()];
}

/** A regenerated prompt shows as its first version, with its time and number. */
function asFirstSaid(prompt: Prompt, prompts: Prompt[]): Prompt {
  if (prompt.insteadOf === undefined) return prompt;
  const first = firstVersion(prompt);
  const isSame = (one: Prompt) =>
    firstVersion(one) === first && one.text === prompt.text;
  return prompts.find(isSame) ?? prompt;
}

function viewVersions(
  conversation: string,
  prompt: Prompt,
  prompts: Prompt[],
): VersionsView | undefined {
  const { number } = prompt;
  const first = firstVersion(prompt);
  const newest =
    prompts.findLast((one) => firstVersion(one) === first) ?? prompt;
  if (first === newest.number) return undefined;
  const address = (turn: number) =>
    turn === prompts.at(-1)?.number
      ? `/conversations/${conversation}`
      : `/conversations/${conversation}?message=${turn + 1}#m${turn + 1}`;
  return {
    version: versionOf(prompt) + 1,
    count: versionOf(newest) + 1,
    previous: number > first ? address(number - 2) : undefined,
    next: number < newest.number ? address(number + 2) : undefined,
  };
}

/** @param from The turn before the first of the messages. */
function olderThan(
  first: Message | undefined,
  from: number,
): string | undefined {
  if (!first) return undefined;
  const before = firstVersion(first);
  if (before === 1) return undefined;
  const isChosen = from > 0 && from < before - 2;
  return `?before=${before}${isChosen ? `&message=${from + 1}` : ""}`;
}

const isVersionOfLast = (prompt: Prompt | undefined, prompts: Prompt[]) =>
  prompt !== undefined &&
  firstVersion(prompt) === firstVersion(prompts.at(-1) ?? prompt);
