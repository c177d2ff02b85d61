import { base, messageBox } from "./dom.js";

/*
 * Drafts: the unsent text of each page's message box. They are kept in the browser, so that they
 * survive a closed tab.
 */

const PREFIX = "draft:";

/** Balances conversations left with an unsent text against the browser's storage. */
const MAX_DRAFTS = 50;

/** Typing is saved this long after the last key: a write of a long text takes milliseconds. */
const SAVE_AFTER_MS = 300;

/** The page on display: after Back, the address changes before the page does. */
let page = location.pathname;

/** @type {number | undefined} */
let saving;

/** A message that the server may not have yet. The box is empty, but the draft must stay. */
let unsent = "";

export function captureDraft() {
  if (!isRestored) restoreDraft();
  clearTimeout(saving);
  const box = messageBox();
  if (box) save(page, [unsent, box.value].filter(Boolean).join("\n"));
}

/**
 * Keeps the text of a message in the draft while it is sent.
 *
 * @param {string} text
 */
export function holdDraft(text) {
  unsent = text;
}

/** @returns {string} the text that was held, or none if another page was opened meanwhile */
export function releaseDraft() {
  const text = unsent;
  unsent = "";
  return text;
}

/** Captures the draft when the visitor pauses. */
export function captureDraftSoon() {
  clearTimeout(saving);
  saving = setTimeout(captureDraft, SAVE_AFTER_MS);
}

/** False at first: an empty box must not replace a draft that it will get. */
let isRestored = false;

export function restoreDraft() {
  isRestored = true;
  const box = messageBox();
  if (box && !box.value) box.value = read(page);
}

/**
 * Puts the draft of another page, which is shown from now on, into the box.
 *
 * @param {string} path
 * @param {string} initial the text that the server put into its box
 */
export function openDraft(path, initial) {
  page = path;
  unsent = "";
  const box = messageBox();
  if (box) box.value = initial || read(path);
}

/**
 * Lets the text in the box belong to another page: to the conversation that it began.
 *
 * @param {string} path
 */
export function moveDraft(path) {
  if (path !== page) save(page, "");
  page = path;
  captureDraft();
}

/** Removes all drafts and whatever else is kept here, for the next visitor in this browser. */
export function forgetDrafts() {
  clearTimeout(saving);
  unsent = "";
  // Below a path, other applications may store things under the same origin.
  if (!base) localStorage.clear();
  for (const key of draftKeys()) localStorage.removeItem(key);
  const box = messageBox();
  if (box) box.value = "";
}

/**
 * @param {string} path
 * @param {string} text
 */
function save(path, text) {
  const key = PREFIX + path;
  try {
    if (text)
      localStorage.setItem(key, JSON.stringify({ text, at: Date.now() }));
    else localStorage.removeItem(key);
  } catch {
    // More than the browser stores. An older draft would be mistaken for this one.
    localStorage.removeItem(key);
  }
}

/** @param {string} path */
const read = (path) => parseDraft(PREFIX + path).text;

/**
 * @param {string} key
 * @returns {{ text: string, at: number }}
 */
function parseDraft(key) {
  try {
    const { text, at } = JSON.parse(localStorage.getItem(key) ?? "");
    return { text: String(text), at: Number(at) };
  } catch {
    return { text: "", at: 0 };
  }
}

const draftKeys = () =>
  Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

export function removeOldestDrafts() {
  const keys = draftKeys();
  if (keys.length <= MAX_DRAFTS) return;
  keys.sort((a, b) => parseDraft(b).at - parseDraft(a).at);
  for (const key of keys.slice(MAX_DRAFTS)) localStorage.removeItem(key);
}

export function handleDrafts() {
  addEventListener("pagehide", captureDraft);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) captureDraft();
  });
}
