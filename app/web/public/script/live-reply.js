import { tellOfEnd } from "./attention.js";
import { announce, asHtml, byId, parse, recoverFocus } from "./dom.js";
import { morph, morphChildren, ownElements } from "./morph.js";
import { authorOf, describeOutcome } from "./outcome.js";
import { goToSignIn, hideProblem, refresh, rendered } from "./page.js";
import { ReplyStream } from "./reply-stream.js";
import { keepScrollPosition, offerJump } from "./scroll.js";
import { t } from "./text.js";

/* The reply in progress: the page follows its stream while the tab is visible. */

/**
 * A hidden tab keeps its stream for this long. Browsers allow six HTTP/1.1 connections to a host:
 * six hidden tabs that stream would leave none to send a message.
 */
const PAUSE_HIDDEN_AFTER_MS = 5000;

/**
 * @typedef {{ article: HTMLElement, address: string, stream: ReplyStream }} LiveReply
 * @typedef {{ from: number, html: string, notice?: string }} Blocks
 * @typedef {{ from: number, text: string, label: string, isOver: boolean }} Reasoning
 * @typedef {{ html: string, outcome: string, isContinued?: boolean }} Ending
 * @typedef {{ failures: number, isRefused: boolean }} Unreachable
 */

/** @type {LiveReply | undefined} */
let live;

/** @type {number | undefined} */
let hiddenTimer;

/** @type {number | undefined} */
let queueTimer;

const QUEUE_POLL_MS = 1000;

/** Follows the reply that the page shows as unfinished, if there is one. */
export function followReply() {
  const article = asHtml(document.querySelector("article[data-events]"));
  const address = article?.dataset.events;
  // Without the script's cookie, the server writes the reply into the page itself.
  const isFollowable = article && !article.querySelector(".attempt");
  const isSame = live?.article === article && live?.address === address;
  if (live && isSame && isFollowable) return;
  stopFollowing();
  if (!article || !address || !isFollowable) return;
  const stream = new ReplyStream(address, article.dataset.seen);
  live = { article, address, stream };
  listen(live);
  announce(t("script.writing", { author: authorOf(article) }));
  stream.connect();
  pauseIfHidden();
}

/** @param {LiveReply} reply */
function listen({ article, address, stream }) {
  // The stream is newer than any page that was rendered meanwhile.
  ownElements.set(article, (fresh) => fresh?.dataset.events === address);
  const notice = byId("connection");
  if (notice) ownElements.set(notice, () => true);
  /**
   * @param {string} type
   * @param {(detail: never) => void} handle
   */
  const on = (type, handle) =>
    stream.addEventListener(type, (event) => {
      if (live?.stream === stream) {
        handle(/** @type {CustomEvent<never>} */ (event).detail);
      }
    });
  on("blocks", (/** @type {Blocks} */ blocks) => showBlocks(article, blocks));
  on("reasoning", (/** @type {Reasoning} */ reasoning) =>
    keepScrollPosition(() => showReasoning(article, reasoning)),
  );
  on("notice", (/** @type {string | undefined} */ text) =>
    keepScrollPosition(() => showNotice(article, text)),
  );
  on("end", (/** @type {Ending} */ ending) => finish(article, ending));
  on("state", showConnection);
  on("unreachable", (/** @type {Unreachable} */ { failures, isRefused }) => {
    if (failures % 3 === 2) void refresh(giveUpIfRefused);
    if (isRefused) void goToSignIn();
  });
}

function stopFollowing() {
  live?.stream.close();
  live = undefined;
  ownElements.clear();
  showConnection("open");
}

function pauseIfHidden() {
  clearTimeout(hiddenTimer);
  if (document.hidden) {
    hiddenTimer = setTimeout(() => live?.stream.pause(), PAUSE_HIDDEN_AFTER_MS);
  } else if (live?.stream.state === "paused") live.stream.connect();
}

export function handleVisibility() {
  document.addEventListener("visibilitychange", pauseIfHidden);
}

/** @param {ReplyStream["state"]} state */
function showConnection(state) {
  const notice = byId("connection");
  if (!notice || (state !== "open" && state !== "lost")) return;
  const isOpen = state === "open";
  if (notice.hidden === isOpen) return;
  notice.hidden = isOpen;
  // It says that Keepsake can't be reached.
  if (isOpen) hideProblem();
  announce(isOpen ? t("script.reconnected") : (notice.textContent ?? ""));
}

/**
 * @param {Element} article
 * @param {Blocks} blocks
 */
function showBlocks(article, { from, html, notice }) {
  const text = article.querySelector(":scope > .text");
  if (!text) return;
  const fresh = parse(html).body;
  keepScrollPosition(() => {
    morphChildren(text, [...fresh.children], text.children[from] ?? null);
    showNotice(article, notice);
  });
  offerJump();
}

/**
 * Reasoning is shown as it grows, and folded when the answer begins.
 *
 * @param {Element} article
 * @param {Reasoning} reasoning
 */
function showReasoning(article, { from, text, label, isOver }) {
  const details = article.querySelector(":scope > .reasoning");
  const [summary, shown] = details?.children ?? [];
  if (!(details instanceof HTMLDetailsElement) || !summary || !shown) return;
  if (details.hidden) {
    details.hidden = false;
    announce(label);
  }
  // A single node, so that a selection in it stays.
  const node = shown.firstChild ?? shown.appendChild(new Text());
  if (node instanceof Text) node.replaceData(from, node.length, text);
  if (summary.textContent === label) return;
  summary.textContent = label;
  details.open = !isOver;
}

/**
 * @param {Element} article
 * @param {string} [text]
 */
function showNotice(article, text) {
  let notice = article.querySelector(":scope > .notice");
  if (!text) {
    notice?.remove();
    return;
  }
  if (!notice) {
    notice = document.createElement("p");
    notice.className = "notice";
    article.querySelector(":scope > .text")?.after(notice);
  }
  if (notice.textContent === text) return;
  notice.textContent = text;
  announce(text);
}

/**
 * @param {Element} article
 * @param {Ending} ending
 */
function finish(article, { html, outcome, isContinued }) {
  const fresh = parse(html).body.firstElementChild;
  const focused = document.activeElement;
  stopFollowing();
  // The finished article has no empty reasoning: its text must meet its like, or a selection is lost.
  const empty = article.querySelector(":scope > .reasoning[hidden]");
  empty?.nextSibling?.remove();
  empty?.remove();
  keepScrollPosition(() => {
    if (fresh) morph(article, fresh);
    removeStop();
  });
  announce(describeOutcome(article, outcome));
  // A form that was refused while it was being written may be sent now.
  hideProblem();
  rendered();
  if (article.id === "m2") lookForTitle();
  recoverFocus(focused);
  // The server has begun the next reply, or says why the messages behind this one wait.
  if (isContinued) void refresh();
  tellOfEnd();
}

/** Another process may be about to begin the reply to a queued message: look again. */
export function awaitQueue() {
  clearTimeout(queueTimer);
  if (!document.querySelector("#queue[data-due]")) return;
  queueTimer = setTimeout(() => {
    void refresh(forgetQueue).then(awaitQueue);
  }, QUEUE_POLL_MS);
}

/** A page that is refused has no queue any more. */
function forgetQueue() {
  byId("queue")?.removeAttribute("data-due");
}

/** The model may propose a title after the first reply: it shows in the list and above the conversation. */
function lookForTitle() {
  const { pathname } = location;
  for (const afterMs of [6_000, 15_000]) {
    setTimeout(() => {
      if (!live && location.pathname === pathname) void refresh();
    }, afterMs);
  }
}

/** Shows the actions below a reply, which are hidden while it is being written. */
function removeStop() {
  const main = byId("main");
  main?.classList.remove("replying");
  main?.querySelectorAll(".stop, #stop").forEach((stop) => stop.remove());
}

/**
 * Stops following if the stream and its page are both refused: the conversation was deleted, or its
 * session has ended. A proxy's own page says nothing about what to do, and passes.
 *
 * @param {string} html
 */
function giveUpIfRefused(html) {
  const problem = parse(html).querySelector(".problem");
  if (!live?.stream.isDisconnected || !problem) return;
  const links = problem.nextElementSibling;
  if (links) problem.append(links);
  giveUp(live.article, problem);
}

/**
 * @param {HTMLElement} article
 * @param {Element} problem
 */
function giveUp(article, problem) {
  const focused = document.activeElement;
  byId("connection")?.setAttribute("hidden", "");
  stopFollowing();
  article.classList.remove("writing");
  delete article.dataset.events;
  removeStop();
  hideProblem();
  document.querySelector(".composer")?.prepend(problem);
  recoverFocus(focused);
}
