import { markWords } from "../rendering/mark-words";

/** Links to more places than this would be no help. */
const LINKED = 20;

/**
 * Marks the words of a search in the text of a rendered message.
 *
 * @param article By `message.njk`.
 * @returns Also the number of places that links lead to.
 */
export function markMessage(
  article: string,
  words: readonly string[],
): { html: string; hits: number } {
  const from = article.indexOf('<div class="text');
  const end = article.lastIndexOf('<div class="tools">');
  const to = end === -1 ? article.length : end;
  if (from === -1 || to < from) return { html: article, hits: 0 };
  const { html, hits } = markWords(article.slice(from, to), words);
  return {
    html: article.slice(0, from) + html + article.slice(to),
    hits: Math.min(hits, LINKED),
  };
}
