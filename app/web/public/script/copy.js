import { announce, asHtml } from "./dom.js";
import { t } from "./text.js";

/** @param {HTMLElement} button */
async function copy(button) {
  const shown =
    button.dataset.copy === "code"
      ? button.closest(".code")?.querySelector("code")
      : button.closest("article, main")?.querySelector(":scope > .text, .log");
  if (!shown) return;
  try {
    await write(button.dataset.source, shown.textContent ?? "");
    report(button, t("script.copied"));
  } catch {
    getSelection()?.selectAllChildren(shown);
    report(button, t("script.selected"));
  }
}

/**
 * A browser lets a click write to the clipboard only at once: the text may follow.
 *
 * @param {string | undefined} source the address of the text as the model wrote it
 * @param {string} shown
 */
function write(source, shown) {
  if (!source) return navigator.clipboard.writeText(shown);
  const text = readSource(source);
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
}

/** @param {string} address */
async function readSource(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return new Blob([await answer.text()], { type: "text/plain" });
}

/**
 * The style sheet draws the button's label from its accessible name.
 *
 * @param {HTMLElement} button
 * @param {string} result
 */
function report(button, result) {
  const { label = button.ariaLabel ?? "" } = button.dataset;
  button.dataset.label = label;
  button.ariaLabel = result;
  announce(result);
  setTimeout(() => {
    button.ariaLabel = label;
    delete button.dataset.label;
  }, 1500);
}

export function handleCopyButtons() {
  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    const button = asHtml(target.closest("[data-copy]"));
    if (button) void copy(button);
  });
}
