import { randomUUID } from "node:crypto";
import {
  isPrompt,
  limits,
  type ConversationPage,
  type ReplyState,
} from "../../core/domain/records";
import { versionOf } from "../../core/domain/turns";
import type { MessageRenderer } from "./message-renderer";
import { shownTurns, type ShownTurns } from "./turns";

/** Marks the place of a reply that is streamed into the page. */
export const REPLY_PLACE = "<!--reply-->";

/** The part of a conversation to show; by default its end. */
export interface ConversationPart {
  /** Only messages with lower numbers. */
  before: number | undefined;
  /** A message to show, even if the conversation continued from another version of it. */
  message: number | undefined;
}

/** The shown turns of a page, and their HTML. */
interface RenderedTurns {
  shown: ShownTurns;
  articles: string;
  /** True if the page needs `rich.css`. */
  isRich: boolean;
}

/**
 * Rendered ends of conversations without a reply in progress. They live as long as the records that
 * they were made from, which never change.
 */
const rendered = new WeakMap<ConversationPage, RenderedTurns>();

/** The data of `conversation.njk`. */
export async function viewConversation(
  renderer: MessageRenderer,
  page: ConversationPage,
  part: ConversationPart,
  options: { replyIntoPage: boolean; typed?: string },
): Promise<object> {
  const { conversation } = page;
  const address = `/conversations/${conversation.id}`;
  const isEnd = part.before === undefined && part.message === undefined;
  const reply = isEnd ? page.reply : null;
  const isWriting = reply?.status === "writing";
  const { shown, articles, isRich } =
    (isEnd && rendered.get(page)) ||
    (await renderTurns(renderer, page, part, reply, options));
  if (isEnd && !page.reply) {
    rendered.set(page, { shown, articles, isRich });
  }
  const versions = shown.turns.at(-1)?.versions;
  return {
    conversation,
    versions: versions && renderer.renderVersions(versions),
    articles,
    isRich: isWriting || isRich,
    older: shown.older && address + shown.older,
    newer: isEnd ? undefined : address,
    aside: shown.aside,
    regenerate: viewRegenerate(page, isEnd || shown.aside === "open", reply),
    edit: isEnd ? viewEdit(page) : undefined,
    queue: isEnd ? viewQueue(page, isWriting) : undefined,
    replying: isWriting,
    composer: {
      action: `${address}/messages`,
      key: randomUUID(),
      modelWas: conversation.model,
      follows: followed(page, shown, reply),
      text: options.typed,
      stop: isWriting ? `${address}/replies/${reply.number}/stop` : undefined,
    },
  };
}

/** The queued messages; `undefined` if there are none. */
function viewQueue(
  { conversation, reply, queue = [] }: ConversationPage,
  isWriting: boolean,
): object | undefined {
  if (queue.length === 0) return undefined;
  const address = `/conversations/${conversation.id}/queue`;
  const isPaused = reply?.status === "failed";
  return {
    items: queue.map(({ number, text, at }) => ({
      number,
      text,
      at,
      edit: `${address}/${number}`,
      withdraw: `${address}/${number}/withdraw`,
    })),
    resume: isPaused ? `${address}/continue` : undefined,
    // Another process is about to begin the next reply.
    isDue: !isWriting && !isPaused,
  };
}

/** HTML for which the page needs `rich.css`. */
const rich =
  /class="(?:code|task|footnote)"|<(?:math|kbd|details)\b(?! class="r)/;

/** The reply that the next message sent from this page follows. */
function followed(
  { messages }: ConversationPage,
  { turns, aside }: ShownTurns,
  reply: ReplyState | null,
): number | undefined {
  if (aside === "open") return turns.at(-1)?.reply?.number;
  return reply ? reply.number : lastReply(messages);
}

function lastReply(messages: ConversationPage["messages"]) {
  const last = messages.at(-1);
  return last?.role === "assistant" ? last.number : undefined;
}

/** The form that regenerates the last reply; `undefined` if it can't be regenerated. */
function viewRegenerate(
  { conversation, messages, queue = [] }: ConversationPage,
  isOffered: boolean,
  reply: ReplyState | null,
): object | undefined {
  const prompt = messages.findLast(isPrompt);
  const number = reply?.number ?? lastReply(messages);
  // What is queued follows the answer that there is.
  if (queue.length > 0) return undefined;
  if (!isOffered || !prompt || number !== prompt.number + 1) return undefined;
  if (versionOf(prompt) + 1 >= limits.versions) return undefined;
  if (reply?.status === "failed") return undefined;
  return {
    action: `/conversations/${conversation.id}/replies/${number}/regenerate`,
    key: randomUUID(),
  };
}

/** The form that edits the last prompt. */
function viewEdit({
  messages,
  queue = [],
}: ConversationPage): object | undefined {
  if (queue.length > 0) return undefined;
  const prompt = messages.findLast(isPrompt);
  if (!prompt || versionOf(prompt) + 1 >= limits.versions) return undefined;
  return { insteadOf: prompt.number, text: prompt.text, key: randomUUID() };
}

/** One after another: pages that are rendered at the same time take turns. */
async function renderTurns(
  renderer: MessageRenderer,
  page: ConversationPage,
  part: ConversationPart,
  reply: ReplyState | null,
  { replyIntoPage }: { replyIntoPage: boolean },
): Promise<RenderedTurns> {
  const { id } = page.conversation;
  const shown = shownTurns(page, part.message);
  const { turns } = shown;
  const articles: string[] = [];
  const html = replyIntoPage ? REPLY_PLACE : undefined;
  for (const [index, turn] of turns.entries()) {
    const { number, prompt, reply: answer, versions } = turn;
    if (prompt) articles.push(await renderer.render(id, prompt));
    if (answer) articles.push(await renderer.render(id, answer));
    if (reply?.number === number + 1) {
      articles.push(await renderer.renderPending(id, reply, html));
    }
    // The links of the last turn share a line with its actions.
    if (versions && index < turns.length - 1) {
      const links = renderer.renderVersions(versions);
      articles.push(`<p class="tools">${links}</p>`);
    }
  }
  const isRich = articles.some((article) => rich.test(article));
  return { shown, articles: articles.join("\n"), isRich };
}
