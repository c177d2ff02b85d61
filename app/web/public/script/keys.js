import { base, byId, messageBox } from "./dom.js";

/* Keys of the page, and the dialog that lists them. */

/** Set by visitors whose speech input or switch presses single keys by mistake. */
const NO_SINGLE_KEYS = "no-single-keys";

/** @param {EventTarget | null} target */
const isTyping = (target) =>
  target instanceof Element &&
  target.closest("input, textarea, select, [contenteditable]") !== null;

function openList() {
  const dialog = byId("keys");
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

/** @returns {HTMLInputElement | null} */
const singleKeys = () => document.querySelector("#keys input");

function openSearch() {
  /** @type {HTMLInputElement | null} */
  const search = document.querySelector(".side [type=search]");
  // On a narrow screen the sidebar is closed.
  if (!search?.checkVisibility()) location.assign(`${base}/search`);
  else search.select();
}

/**
 * Runs the action of a key.
 *
 * @param {KeyboardEvent} event
 * @returns {boolean} false if the key has none
 */
function runKey({ key, shiftKey, target, ctrlKey, metaKey, altKey }) {
  if (altKey) return false;
  if (ctrlKey || metaKey) {
    const lower = key.toLowerCase();
    if (lower === "k" && !shiftKey) openSearch();
    else if (lower === "o" && shiftKey) location.assign(`${base}/`);
    else if (key === "/") openList();
    else return false;
    return true;
  }
  if (isTyping(target) || localStorage.getItem(NO_SINGLE_KEYS)) return false;
  if (key === "?") openList();
  else if (key === "/") messageBox()?.focus();
  else return false;
  return true;
}

export function handleKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    if (runKey(event)) event.preventDefault();
  });
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest(".list-keys")) openList();
  });
  document.addEventListener("change", ({ target }) => {
    if (target !== singleKeys()) return;
    if (singleKeys()?.checked) localStorage.removeItem(NO_SINGLE_KEYS);
    else localStorage.setItem(NO_SINGLE_KEYS, "1");
  });
}

/** Shows the choice of this browser. */
export function showKeyChoice() {
  const choice = singleKeys();
  if (choice) choice.checked = !localStorage.getItem(NO_SINGLE_KEYS);
}
