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
  const isText = from !== -1 && from <= to;
  const { html, hits } = markWords(
    isText ? article.slice(from, to) : "",
    words,
  );
  // The words are not in what is shown, or it is too long: a search leads to the message then.
  if (hits === 0) return { html: `<span id="hit-1"></span>${article}`, hits };
  return {
    html: article.slice(0, from) + html + article.slice(to),
    hits: Math.min(hits, LINKED),
  };
}
