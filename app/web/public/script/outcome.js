import { asHtml } from "./dom.js";

/** @param {Element} article */
export const authorOf = (article) =>
  article.querySelector("header h2")?.textContent ?? "The model";

/**
 * The sentence that a screen reader says when a reply has ended.
 *
 * @param {Element} article
 * @param {string} outcome
 */
export function describeOutcome(article, outcome) {
  const author = authorOf(article);
  if (outcome === "failed") {
    const notice = article.querySelector(":scope > .notice");
    const reason = (notice?.querySelector("p") ?? notice)?.textContent ?? "";
    return `${author} could not finish the reply. ${reason}`;
  }
  if (outcome === "stopped") return `${author} was stopped.`;
  const words =
    asHtml(article.querySelector(":scope > .text"))?.innerText ?? "";
  const isShort = words.length <= 300;
  return isShort ? `${author} replied: ${words}` : `${author} has replied.`;
}

export const newestReply = () =>
  asHtml([...document.querySelectorAll(".from-model")].at(-1));
