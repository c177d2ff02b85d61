import { announce } from "./dom.js";
import { t } from "./text.js";

/* A note above the message box, outside of the body, whose content is replaced with each page. */

const toast = document.createElement("section");
toast.className = "toast";
toast.ariaLabel = t("script.notice");

/** @type {number | undefined} */
let hiding;

export function hideToast() {
  clearTimeout(hiding);
  toast.remove();
}

/**
 * @param {string} sentence
 * @param {Node} [content] stays until something else is done; a sentence alone leaves soon
 */
export function showToast(sentence, content) {
  hideToast();
  toast.replaceChildren(content ?? sentence);
  document.documentElement.append(toast);
  announce(sentence);
  if (!content) hiding = setTimeout(hideToast, 3_000);
}
