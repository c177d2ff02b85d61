import { asHtml } from "./dom.js";
import { t } from "./text.js";

/** @param {Element} article */
export const authorOf = (article) =>
  article.querySelector("header h2")?.textContent ?? t("script.theModel");

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
    return t("script.failed", { author, reason });
  }
  if (outcome === "stopped") return t("script.stopped", { author });
  const words =
    asHtml(article.querySelector(":scope > .text"))?.innerText ?? "";
  const isShort = words.length <= 300;
  return isShort
    ? t("script.replied", { author, text: words })
    : t("script.hasReplied", { author });
}

export const newestReply = () =>
  asHtml([...document.querySelectorAll(".from-model")].at(-1));
