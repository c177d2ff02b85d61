import { randomUUID } from "node:crypto";
import {
  limits,
  type ConversationPage,
  type Message,
  type ReplyState,
} from "../../core/domain/records";
import { wordsOf } from "../../core/domain/text-search";
import { replyNumberOf } from "../../core/domain/turns";
import type { Locale } from "../../core/texts/locale";
import { markMessage } from "./mark-message";
import type { MessageRenderer } from "./message-renderer";
import { shownTurns, type ShownTurns } from "./turns";
import { viewFiles } from "./view-files";

/** Marks the place of a reply that is streamed into the page. */
export const REPLY_PLACE = "<!--reply-->";

/** The part of a conversation to show; by default its end. */
export interface ConversationPart {
  /** Only messages with lower numbers. */
  before: number | undefined;
  /** A message to show, even if the conversation continued from another version of it. */
  message: number | undefined;
  /** The prompt that is edited. */
  edit?: number | undefined;
  /** Words of a search, to mark in the message. */
  find?: string | undefined;
}

/** The shown turns of a page, and their HTML. */
interface RenderedTurns {
  articles: string;
  /** True if the page needs `rich.css`. */
  isRich: boolean;
  /** True if the page needs `files.css`. */
  hasFiles: boolean;
  /** The number of places with words of the search. */
  hits: number;
}

/**
 * Rendered ends of conversations without a reply in progress. They live as long as the records that
 * they were made from, which never change.
 */
const rendered = new WeakMap<
  ConversationPage,
  { locale: Locale; turns: RenderedTurns }
>();

/** The data of `conversation.njk`. */
export async function viewConversation(
  renderer: MessageRenderer,
  locale: Locale,
  page: ConversationPage,
  part: ConversationPart,
  options: { replyIntoPage: boolean; typed?: string },
): Promise<object> {
  const { conversation } = page;
  const address = `/conversations/${conversation.id}`;
  const shown = shownTurns(page);
  const isEnd = part.before === undefined && shown.newer === undefined;
  const reply = isEnd && !shown.isAside ? page.reply : null;
  const isWriting = reply?.status === "writing";
  const isPlain = isEnd && part.edit === undefined && !part.find;
  const known = isPlain ? rendered.get(page) : undefined;
  const turns =
    (known?.locale === locale && known.turns) ||
    (await renderTurns(renderer, locale, page, shown, reply, {
      ...options,
      ...part,
    }));
  if (isPlain && !page.reply) rendered.set(page, { locale, turns });
  const versions = shown.turns.at(-1)?.versions;
  return {
    conversation,
    versions: versions && renderer.renderVersions(locale, versions),
    articles: turns.articles,
    isRich: isWriting || turns.isRich,
    hasFiles: turns.hasFiles || page.queue?.some(({ files }) => files),
    marks: part.find && Array.from({ length: turns.hits }, (_, at) => at + 1),
    older: shown.older && address + shown.older,
    newer: isEnd ? undefined : address + (shown.newer ?? ""),
    aside: isEnd && shown.isAside,
    regenerate: isEnd ? viewRegenerate(page, shown, reply) : undefined,
    queue:
      isEnd && !shown.isAside ? viewQueue(locale, page, isWriting) : undefined,
    replying: isWriting,
    composer: {
      action: `${address}/messages`,
      key: randomUUID(),
      modelWas: conversation.model,
      follows: reply?.number ?? shown.turns.at(-1)?.reply?.number,
      text: options.typed,
      stop: isWriting ? `${address}/replies/${reply.number}/stop` : undefined,
    },
  };
}

/** The queued messages; `undefined` if there are none. */
function viewQueue(
  locale: Locale,
  { conversation, reply, queue = [] }: ConversationPage,
  isWriting: boolean,
): object | undefined {
  if (queue.length === 0) return undefined;
  const address = `/conversations/${conversation.id}/queue`;
  const isPaused = reply?.status === "failed";
  return {
    items: queue.map(({ number, text, at, files }) => ({
      number,
      text,
      at,
      files: viewFiles(locale, `/conversations/${conversation.id}`, files),
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

/** True if one of the rendered messages needs `rich.css`. */
export const isRich = (articles: readonly string[]): boolean =>
  articles.some((article) => rich.test(article));

/** The form that regenerates the last reply; `undefined` if it can't be regenerated. */
function viewRegenerate(
  { conversation, queue = [] }: ConversationPage,
  { turns, tree }: ShownTurns,
  reply: ReplyState | null,
): object | undefined {
  // A queued message follows the answer that there is.
  if (queue.length > 0) return undefined;
  const turn = turns.at(-1);
  if (!turn?.prompt || !(reply ?? turn.reply)) return undefined;
  const versions = tree.versionsOf(turn.number);
  const newest = versions.at(-1) ?? turn.number;
  // The conversation continued from the newest version.
  if (tree.newestThrough(newest) !== newest) return undefined;
  if (versions.length >= limits.versions) return undefined;
  if (reply?.status === "failed" || turn.reply?.outcome === "failed") {
    return undefined;
  }
  return {
    action: `/conversations/${conversation.id}/replies/${replyNumberOf(newest)}/regenerate`,
    key: randomUUID(),
  };
}

/** One after another: pages that are rendered at the same time take turns. */
async function renderTurns(
  renderer: MessageRenderer,
  locale: Locale,
  page: ConversationPage,
  shown: ShownTurns,
  reply: ReplyState | null,
  {
    replyIntoPage,
    edit,
    message,
    find = "",
  }: { replyIntoPage: boolean } & Partial<ConversationPart>,
): Promise<RenderedTurns> {
  const { id } = page.conversation;
  const { turns } = shown;
  const articles: string[] = [];
  const html = replyIntoPage ? REPLY_PLACE : undefined;
  let hits = 0;
  const render = async (one: Message) => {
    const article = await renderer.render(locale, id, one);
    if (one.number !== message) return article;
    const marked = markMessage(article, wordsOf(find));
    ({ hits } = marked);
    return marked.html;
  };
  for (const [index, turn] of turns.entries()) {
    const { number, prompt, reply: answer, versions } = turn;
    if (prompt && number === edit)
      articles.push(renderer.renderEdit(locale, id, prompt));
    else if (prompt) articles.push(await render(prompt));
    if (answer) articles.push(await render(answer));
    if (reply?.number === number + 1) {
      articles.push(await renderer.renderPending(locale, id, reply, html));
    }
    // The links of the last turn share a line with its actions.
    if (versions && index < turns.length - 1) {
      const links = renderer.renderVersions(locale, versions);
      articles.push(`<div class="tools turn">${links}</div>`);
    }
  }
  const hasFiles = turns.some(({ prompt }) => prompt?.files);
  return {
    articles: articles.join("\n"),
    isRich: isRich(articles),
    hasFiles,
    hits,
  };
}
