import {
  announce,
  base,
  byId,
  messageBox,
  parse,
  recoverFocus,
} from "./dom.js";
import { captureDraft, moveDraft, openDraft } from "./draft.js";
import { restoreFiles } from "./files.js";
import { morphAttributes, morphChildren } from "./morph.js";
import { describeOutcome, newestReply } from "./outcome.js";
import { keepScrollPosition, scrollToEnd, scrollToNewest } from "./scroll.js";
import { t } from "./text.js";

/* Pages from the server: shown in place, without touching what stays the same. */

/** @type {(() => void)[]} */
const listeners = [];

/**
 * @param {() => void} listener called after each change of the page
 */
export function onRender(listener) {
  listeners.push(listener);
}

export function rendered() {
  for (const listener of listeners) listener();
}

/** Counts the pages that were shown or requested: an older one must not replace a newer one. */
let newest = 0;

/** Counts the pages that were opened: an older link must not replace a newer page. */
let opened = 0;

/** The path of the page on display. */
let shownPath = location.pathname;

/** The query as well: an address that differs only in its fragment is the same page. */
let shownAddress = location.pathname + location.search;

/** Without the region, which the script reads from the page. @param {Document} page */
const languageOf = ({ documentElement }) => documentElement.lang.split("-")[0];

/**
 * Shows a page that came from the server.
 *
 * @param {string} html
 * @param {object} [options]
 * @param {string} [options.address] its address, if not the current one
 * @param {boolean} [options.hasPrompted] true if the visitor's form asked for a reply
 * @param {boolean} [options.keepsBox] true if the text in the box belongs to the new page
 */
export function show(html, options = {}) {
  const { address = location.href, hasPrompted = false, keepsBox } = options;
  newest += 1;
  if (options.address) opened += 1;
  captureDraft();
  const fresh = parse(html);
  if (languageOf(fresh) !== languageOf(document)) {
    // The script's own texts are in the other language, too.
    if (address === location.href) location.reload();
    else location.assign(address);
    return;
  }
  const before = replyState();
  if (address !== location.href) history.pushState({}, "", address);
  document.title = fresh.title;
  const typed = fresh.querySelector("#message")?.textContent ?? "";
  keepScrollPosition(() => {
    morphAttributes(document.body, fresh.body);
    morphChildren(document.body, [...fresh.body.childNodes]);
  });
  const isElsewhere =
    options.address && shownAddress !== location.pathname + location.search;
  if (keepsBox) moveDraft(location.pathname);
  else if (shownPath !== location.pathname) {
    openDraft(location.pathname, typed);
    byId("attached")?.replaceChildren();
    restoreFiles();
  }
  shownPath = location.pathname;
  shownAddress = location.pathname + location.search;
  if (hasPrompted) scrollToNewest();
  else if (isElsewhere) scrollToEnd();
  rendered();
  announceIfEnded(before, hasPrompted);
}

function replyState() {
  const reply = newestReply();
  return { id: reply?.id, isWriting: reply?.dataset.events !== undefined };
}

/**
 * A reply that ended before this page was rendered has no event that would announce it.
 *
 * @param {ReturnType<typeof replyState>} before
 * @param {boolean} hasPrompted
 */
function announceIfEnded(before, hasPrompted) {
  const reply = newestReply();
  if (!reply || reply.dataset.events !== undefined) return;
  const isNew = reply.id === before.id ? before.isWriting : hasPrompted;
  const { outcome = "complete" } = reply.dataset;
  if (isNew) announce(describeOutcome(reply, outcome));
}

/**
 * Opens a link without leaving the page.
 *
 * @param {HTMLAnchorElement} link
 */
async function openInPlace({ href, hash }) {
  const number = ++opened;
  let html = "";
  try {
    const answer = await fetch(href);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    html = await answer.text();
  } catch {
    if (number === opened) location.assign(href);
    return;
  }
  if (number !== opened) return;
  show(html, { address: href });
  const target = byId(hash.slice(1));
  target?.scrollIntoView({ block: "nearest" });
  const box = target?.querySelector("textarea");
  box?.focus();
  box?.setSelectionRange(box.value.length, box.value.length);
  if (!box) recoverFocus(null, true);
}

/** Statuses of a page that will not come back. */
const REFUSED = new Set([401, 403, 404]);

/**
 * Loads the page again and shows what changed, unless a newer one was shown meanwhile.
 *
 * @param {(html: string) => void} [onRefused] called with the page that refuses this one
 */
export async function refresh(onRefused) {
  const { href, pathname } = location;
  const number = ++newest;
  try {
    const answer = await fetch(href);
    const html = await answer.text();
    if (number !== newest || pathname !== location.pathname) return;
    if (answer.ok) show(html);
    else if (REFUSED.has(answer.status)) onRefused?.(html);
  } catch {
    // The next attempt may succeed.
  }
}

/**
 * A load balancer that signs visitors in answers everything with a redirect when their time is up. A
 * script can't follow it, but the page can, and comes back; drafts are kept.
 */
export async function goToSignIn() {
  const probe = fetch(`${base}/livez`, { redirect: "manual" });
  const answer = await probe.catch(() => null);
  if (answer?.type !== "opaqueredirect") return false;
  location.reload();
  return true;
}

export function hideProblem() {
  const problems = ":is(.composer, .messages, dialog) > .problem";
  document.querySelectorAll(problems).forEach((problem) => problem.remove());
}

/**
 * Says why a form could not be sent; its text stays where it is.
 *
 * @param {Element | null} problem none if no answer came
 * @param {boolean} [hasText] true if the form was the message box's
 */
export function showProblem(problem, hasText = true) {
  hideProblem();
  const dialog = document.querySelector("dialog[open]");
  const place = dialog ?? document.querySelector(".composer, .messages");
  place?.prepend(problem ?? unreachable(hasText));
  if (!dialog) messageBox()?.focus();
}

/** @param {boolean} hasText */
function unreachable(hasText) {
  const notice = document.createElement("div");
  notice.className = "notice problem";
  notice.role = "alert";
  notice.append(hasText ? t("script.unreachable") : t("script.unreachableNow"));
  return notice;
}

export function handleNavigation() {
  addEventListener("popstate", () => {
    // A change of the fragment alone opens or closes the menu.
    if (shownAddress === location.pathname + location.search) return;
    opened += 1;
    // The page may be gone: then its address must not show another one.
    void refresh((html) => show(html));
  });
  document.addEventListener("click", (event) => {
    const { target, ctrlKey, metaKey, shiftKey } = event;
    const link = target instanceof Element && target.closest("a.inplace");
    if (!(link instanceof HTMLAnchorElement)) return;
    if (ctrlKey || metaKey || shiftKey) return;
    event.preventDefault();
    void openInPlace(link);
  });
  addEventListener("online", () => void refresh());
}
