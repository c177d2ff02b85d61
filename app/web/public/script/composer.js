import { asHtml, byId, hasKeyboard, messageBox } from "./dom.js";
import { captureDraft, captureDraftSoon } from "./draft.js";
import { t } from "./text.js";

/* The message box: its height, its keys, and the limit of a message. */

/** From here on, fitting the box to its text would take a noticeable part of a second for each key. */
const LONG_TEXT = 50_000;

const LONG_TEXT_STYLE =
  "field-sizing: fixed; height: 40vh; unicode-bidi: normal";

/** Adapts the box to a text that was put into it. */
export function updateBox() {
  const box = messageBox();
  if (!box) return;
  showLimit(box);
  const isLong = box.value.length > LONG_TEXT;
  box.style.cssText = isLong ? LONG_TEXT_STYLE : "";
  // Other browsers fit the box by the style sheet.
  if (isLong || CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

/**
 * Says that a text is too long before it is sent, and keeps it from being sent.
 *
 * @param {HTMLTextAreaElement} box
 */
function showLimit(box) {
  const limit = Number(box.dataset.maxBytes);
  const notice = byId("too-long");
  if (!limit || !notice) return;
  const bytes = sizeOfText(box.value, limit);
  const problem =
    bytes > limit
      ? t("problem.messageTooLong", {
          size: megabytes(bytes),
          limit: megabytes(limit),
        })
      : "";
  box.setCustomValidity(problem);
  notice.textContent = problem;
  notice.hidden = problem === "";
}

/**
 * In UTF-8. A text that can't reach the limit is not encoded.
 *
 * @param {string} text
 * @param {number} limit
 */
const sizeOfText = (text, limit) =>
  text.length * 3 <= limit ? 0 : new TextEncoder().encode(text).length;

/** @param {number} bytes */
const megabytes = (bytes) =>
  t("size.megabytes", { number: Math.ceil((bytes / 1024 ** 2) * 100) / 100 });

/**
 * Clears the box of a message that was sent, unless its text was changed meanwhile.
 *
 * @param {string | undefined} sent the text in the box when it was sent
 */
export function clearBox(sent) {
  const box = messageBox();
  if (box && box.value === sent) box.value = "";
  captureDraft();
  updateBox();
}

/** True if the box has something to send: text, or files alone. */
export const hasContent = () =>
  Boolean(messageBox()?.value.trim() || byId("attached")?.children.length);

export function handleMessageBox() {
  document.addEventListener("input", ({ target }) => {
    if (target !== messageBox()) return;
    captureDraftSoon();
    updateBox();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    // There, Escape closes what is open. Its listeners come after this one.
    const isOpen = document.querySelector(
      ":is(.options, .edit, dialog)[open], #edit:focus-within, :popover-open",
    );
    if (isOpen || location.hash === "#side") return;
    asHtml(document.querySelector(".composer .stop"))?.click();
  });

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.key !== "Enter" || event.shiftKey) return;
    if (!(target instanceof HTMLTextAreaElement)) return;
    if (target.closest("#edit") && (event.ctrlKey || event.metaKey)) {
      target.form?.requestSubmit();
      return;
    }
    if (target !== messageBox()) return;
    // While an input method composes a word, Enter chooses it.
    if (event.isComposing || event.keyCode === 229) return;
    // A touch screen's keyboard has no Shift+Enter: its Enter begins a new line.
    const isNewline = target.dataset.enter || !hasKeyboard();
    if (isNewline && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    if (hasContent()) target.form?.requestSubmit();
  });
}
