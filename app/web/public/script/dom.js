/** What every address begins with: the path below which Keepsake is served, or nothing. */
export const base = new URL(import.meta.url).pathname.replace(
  /\/assets\/.*/,
  "",
);

/** @param {string} id */
export const byId = (id) => document.getElementById(id);

/** The message box, on pages that have one. */
export const messageBox = () =>
  /** @type {HTMLTextAreaElement | null} */ (byId("message"));

/** @param {Element | null | undefined} node */
export const asHtml = (node) =>
  node instanceof HTMLElement ? node : undefined;

/**
 * Sets a cookie that the server reads, for a year.
 *
 * @param {string} name
 * @param {string} value
 */
export function setCookie(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=${base}/; samesite=lax; max-age=31536000${secure}`;
}

/** @param {string} html */
export const parse = (html) =>
  new DOMParser().parseFromString(html, "text/html");

/**
 * Has a screen reader say a sentence. The text of a growing reply is not read out.
 *
 * @param {string} sentence
 */
export function announce(sentence) {
  const status = byId("status");
  if (status) status.textContent = sentence;
}

/** False on touch screens: focusing the box there opens a keyboard over half of the page. */
export const hasKeyboard = () => matchMedia("(hover: hover)").matches;

/**
 * Moves the focus to the message box if the focused element was removed or hidden, so that the next
 * key is not lost. If nothing was focused, a selection may exist that must stay.
 *
 * @param {Element | null} before the element that was focused
 * @param {boolean} [isLost] true if it is known to be
 */
export function recoverFocus(
  before,
  isLost = before !== null &&
    before !== document.body &&
    !(before.isConnected && before.checkVisibility()),
) {
  if (isLost && hasKeyboard()) messageBox()?.focus({ preventScroll: true });
}
