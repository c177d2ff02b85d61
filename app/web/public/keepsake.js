/*
 * What a browser with a script gets on top of pages that work without one: forms that don't leave
 * the page, replies that arrive in it, drafts that are kept. Every piece of HTML comes from the
 * server; nothing here makes any.
 */

const scripted = document.documentElement.classList;
/** @param {string} id */
const byId = (id) => document.getElementById(id);
/** The message box, on pages that have one. */
const box = () => /** @type {HTMLTextAreaElement | null} */ (byId("message"));
/** @param {Element | null | undefined} node */
const asHtml = (node) => (node instanceof HTMLElement ? node : undefined);
document.cookie = "script=on; path=/; samesite=lax; max-age=31536000";
scripted.add("scripted");

/* Pages: swapping in what the server sent, without touching what is the same. */

/**
 * Makes `old` like `fresh`, keeping every node that both have: focus, selection, scrolling stay.
 *
 * @param {Node} old
 * @param {Node} fresh of the same kind
 */
function morph(old, fresh) {
  if (old instanceof Text && fresh instanceof Text) morphText(old, fresh.data);
  if (!(old instanceof Element && fresh instanceof Element)) return;
  // A reply that is being watched is newer here than in any page that was rendered meanwhile.
  const isWatched = old === watched?.article;
  if (isWatched && asHtml(fresh)?.dataset.events === watched?.address) return;
  // Whether it can be watched is known here alone.
  if (watched && old === byId("connection")) return;
  morphAttributes(old, fresh);
  if (old.localName !== "textarea") morphChildren(old, [...fresh.childNodes]);
}

/**
 * Text that only grew is appended to, so that a selection in it stays.
 *
 * @param {Text} old
 * @param {string} text
 */
function morphText(old, text) {
  if (old.data === text) return;
  if (text.startsWith(old.data)) old.appendData(text.slice(old.length));
  else old.data = text;
}

/**
 * @param {Element} old
 * @param {Element} fresh
 */
function morphAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of Array.from(old.attributes)) {
    // What a person opened stays open.
    const isTheirs = name === "open" || name === "style";
    if (!fresh.hasAttribute(name) && !isTheirs) old.removeAttribute(name);
  }
}

/**
 * @param {Node} parent
 * @param {Node[]} fresh what its children are to be like, from `first` on
 * @param {ChildNode | null} first
 */
function morphChildren(parent, fresh, first = parent.firstChild) {
  let next = first;
  for (const node of fresh) {
    const match = findMatch(next, node);
    if (match) {
      while (next && next !== match) next = removeAndNext(next);
      next = match.nextSibling;
      morph(match, node);
    } else {
      parent.insertBefore(node, next);
    }
  }
  while (next) next = removeAndNext(next);
}

/** @param {Node} node */
const idOf = (node) => (node instanceof Element ? node.id : "");

/**
 * The node that stands for `node` now: the one with its id, or the next if it is of its kind.
 *
 * @param {ChildNode | null} next
 * @param {Node} node
 */
function findMatch(next, node) {
  const id = idOf(node);
  if (!id) {
    const isAlike = next && next.nodeName === node.nodeName && !idOf(next);
    return isAlike ? next : null;
  }
  for (let one = next; one; one = one.nextSibling) {
    if (idOf(one) === id && one.nodeName === node.nodeName) return one;
  }
  return null;
}

/** @param {ChildNode} node */
function removeAndNext(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** @param {string} html */
const parse = (html) => new DOMParser().parseFromString(html, "text/html");

/** Counts the pages that were shown or asked for: an older one must not come over a newer one. */
let newest = 0;

/**
 * Shows a page that came from the server.
 *
 * @param {string} html
 * @param {string} [address] where it is, if not here
 * @param {boolean} [hasAsked] whether the visitor asked for a reply, which may be in it
 */
function show(html, address, hasAsked = false) {
  newest += 1;
  const fresh = parse(html);
  const before = location.href;
  const known = newestReply();
  const wasKnown = known?.id;
  const wasWriting = known?.dataset.events !== undefined;
  if (address && address !== before) history.pushState({}, "", address);
  document.title = fresh.title;
  keepScrollPosition(() => {
    morphAttributes(document.body, fresh.body);
    morphChildren(document.body, [...fresh.body.childNodes]);
  });
  const isElsewhere = address && address.split("#")[0] !== before.split("#")[0];
  if (isElsewhere || hasAsked) scrollDown();
  settle();
  const reply = newestReply();
  if (!reply || reply.dataset.events !== undefined) return;
  // It ended before this page was made: no event will tell of it.
  const isNew = reply.id === wasKnown ? wasWriting : hasAsked;
  if (isNew) announce(sentenceOf(reply, reply.dataset.outcome ?? "complete"));
}

const newestReply = () =>
  asHtml([...document.querySelectorAll(".from-model")].at(-1));

/* The log: it opens at its end and stays there, unless its reader went elsewhere in it. */

const log = () => document.querySelector(".log");
/** Reversed, the log counts from its end: 0 is the end, and above it is negative. */
const isAtEnd = () => Math.abs(log()?.scrollTop ?? 0) < 40;

function scrollDown() {
  log()?.scrollTo({ top: 0 });
  offerJump(false);
}

/**
 * Offers the way to the end to a reader who is elsewhere.
 *
 * @param {boolean} hasNews whether something was added at the end
 */
function offerJump(hasNews) {
  const jump = byId("jump");
  if (jump) jump.hidden = isAtEnd() || (jump.hidden && !hasNews);
}

// It doesn't bubble: it is caught on its way down.
document.addEventListener("scroll", () => offerJump(false), true);

/**
 * Runs a change, after which what the reader looks at is where it was.
 *
 * @param {() => void} change
 */
function keepScrollPosition(change) {
  const scroller = log();
  if (!scroller || isAtEnd()) {
    change();
    return;
  }
  const anchor = [...scroller.querySelectorAll("article")].find(
    (one) => one.getBoundingClientRect().bottom > 60,
  );
  const before = anchor?.getBoundingClientRect().top ?? 0;
  change();
  if (!anchor?.isConnected) return;
  const moved = anchor.getBoundingClientRect().top - before;
  if (Math.abs(moved) > 1) scroller.scrollTop += moved;
}

/* Replies in progress. */

/**
 * The reply that is being watched. `from` and `html` are of the last blocks that came.
 *
 * @typedef {{
 *   article: HTMLElement, address: string, from: number, html: string, heartbeatMs: number, lastId?: string,
 *   source?: EventSource, retry?: number, silence?: number, quiet?: number, isResting?: boolean,
 * }} Watched
 * @typedef {{ from: number, same?: number, html: string, notice?: string }} Blocks
 * @typedef {{ html: string, outcome: string }} Ending
 */

/** @type {Watched | null} */
let watched = null;

/** How many heartbeats may be missing before a connection counts as lost, however open it seems. */
const MISSED_HEARTBEATS = 2.5;

/** A connection that ends may be made again after a second, on purpose: later, it counts as lost. */
const QUIET_MS = 2500;

function watch() {
  const article = asHtml(document.querySelector("article[data-events]"));
  // Without the cookie, the server writes the reply into the page itself.
  const isFollowable = article && !article.querySelector(".attempt");
  const address = article?.dataset.events;
  const isSame = watched?.article === article && watched?.address === address;
  if (watched && isSame && isFollowable) return;
  if (watched) disconnect(watched);
  setConnected(true);
  watched = null;
  if (!article || !address || !isFollowable) return;
  const lastId = article.dataset.seen;
  const last = { from: -1, html: "", lastId };
  watched = { article, address, heartbeatMs: 10_000, ...last };
  announce(`${authorOf(article)} is writing.`);
  connect(watched);
  restIfUnseen();
}

/**
 * How long a reply is followed in a tab that nobody looks at. Balances who only glances elsewhere
 * against the six connections that a browser has to a server over HTTP/1.1, for all of its tabs: six
 * that follow a reply would leave none to send or stop anything.
 */
const UNSEEN_MS = 5000;

/** @type {number | undefined} */
let unseen;

function restIfUnseen() {
  clearTimeout(unseen);
  if (document.hidden) unseen = setTimeout(rest, UNSEEN_MS);
  else if (watched?.isResting) connect(watched);
}

/** It goes on from where it was as soon as somebody looks. */
function rest() {
  if (!watched) return;
  disconnect(watched);
  clearTimeout(watched.quiet);
  watched.quiet = undefined;
  watched.isResting = true;
}

document.addEventListener("visibilitychange", restIfUnseen);

/** @param {Watched} state */
function disconnect(state) {
  state.source?.close();
  clearTimeout(state.retry);
  clearTimeout(state.silence);
}

/** @param {Element} article */
const authorOf = (article) =>
  article.querySelector("header h2")?.textContent ?? "The model";

/**
 * @param {Watched} state
 * @param {number} failures how many attempts before this one came to nothing
 */
function connect(state, failures = 0) {
  const after = state.lastId ? `?offset=${state.lastId}` : "";
  const source = new EventSource(state.address + after);
  state.source = source;
  state.isResting = false;
  state.from = -1;
  let failed = failures;
  /** @param {(event: MessageEvent) => void} take */
  const heard = (take) => (/** @type {MessageEvent} */ event) => {
    failed = 0;
    setConnected(true);
    listen();
    take(event);
  };
  // A server that was frozen, or a network that is gone, leaves a connection open and silent.
  const listen = () => {
    clearTimeout(state.silence);
    state.silence = setTimeout(() => {
      setConnected(false);
      lose();
    }, MISSED_HEARTBEATS * state.heartbeatMs);
  };
  const lose = () => {
    disconnect(state);
    suspectLoss(state);
    failed += 1;
    // Perhaps the reply has ended meanwhile, or is gone: the page itself knows.
    if (failed % 3 === 2) void refresh();
    const pause = Math.min(8000, 400 * 2 ** failed) * (0.5 + Math.random());
    state.retry = setTimeout(() => {
      if (watched === state) connect(state, failed);
    }, pause);
  };
  source.addEventListener(
    "heartbeat",
    heard(({ data }) => {
      state.heartbeatMs = JSON.parse(data).everyMs;
      listen();
    }),
  );
  source.addEventListener(
    "blocks",
    heard((event) => {
      state.lastId = event.lastEventId;
      showBlocks(state, JSON.parse(event.data));
    }),
  );
  source.addEventListener(
    "notice",
    heard(({ data }) => {
      const { notice } = JSON.parse(data);
      keepScrollPosition(() => showNotice(state.article, notice));
    }),
  );
  source.addEventListener(
    "end",
    heard((event) => {
      disconnect(state);
      finish(state, JSON.parse(event.data));
    }),
  );
  source.addEventListener("reconnect", () => {
    state.from = -1;
  });
  source.addEventListener("trouble", () => setConnected(false));
  source.addEventListener("error", () => {
    state.from = -1;
    if (source.readyState === EventSource.CLOSED) {
      lose();
      void goToSignIn();
    }
    // The browser connects again by itself.
    else suspectLoss(state);
  });
  listen();
}

/**
 * Follows a reply no more that is refused to this visitor, and its page as well: the conversation
 * was deleted, or the session has ended that it belongs to. Says so, and what to do.
 *
 * @param {Watched} state
 * @param {Element} problem
 */
function giveUp(state, problem) {
  disconnect(state);
  clearTimeout(state.quiet);
  watched = null;
  const focused = document.activeElement;
  // What the problem says is enough to be told.
  byId("connection")?.setAttribute("hidden", "");
  state.article.classList.remove("writing");
  delete state.article.dataset.events;
  removeStop();
  hideProblem();
  document.querySelector(".composer")?.prepend(problem);
  catchFocus(focused);
}

function removeStop() {
  const main = byId("main");
  main?.classList.remove("replying");
  main?.querySelectorAll(".stop, #stop").forEach((one) => one.remove());
}

/** @param {boolean} isConnected */
function setConnected(isConnected) {
  clearTimeout(watched?.quiet);
  if (watched) watched.quiet = undefined;
  const notice = byId("connection");
  if (!notice || notice.hidden === isConnected) return;
  notice.hidden = isConnected;
  announce(isConnected ? "Connected again." : (notice.textContent ?? ""));
}

/**
 * Says so if it isn't made again in a while: a moment of it is nothing to speak of.
 *
 * @param {Watched} state
 */
function suspectLoss(state) {
  state.quiet ??= setTimeout(() => setConnected(false), QUIET_MS);
}

/**
 * Replaces the blocks from the one at index `from` on.
 *
 * @param {Watched} state
 * @param {Blocks} blocks
 */
function showBlocks(state, { from, same = 0, html, notice }) {
  const text = state.article.querySelector(".text");
  if (!text) return;
  const known = from === state.from ? state.html.slice(0, same) : "";
  Object.assign(state, { from, html: known + html });
  const fresh = parse(state.html).body;
  keepScrollPosition(() => {
    const first = text.children[from] ?? null;
    morphChildren(text, [...fresh.children], first);
    showNotice(state.article, notice);
  });
  offerJump(true);
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
    article.querySelector(".text")?.after(notice);
  }
  if (notice.textContent === text) return;
  notice.textContent = text;
  announce(text);
}

/**
 * @param {Watched} state
 * @param {Ending} ending
 */
function finish(state, { html, outcome }) {
  const fresh = parse(html).body.firstElementChild;
  watched = null;
  const focused = document.activeElement;
  keepScrollPosition(() => {
    if (fresh) morph(state.article, fresh);
    // What can be done with a reply shows below it from now on.
    removeStop();
  });
  announce(sentenceOf(state.article, outcome));
  settle();
  catchFocus(focused);
}

/**
 * @param {Element} article
 * @param {string} outcome
 */
function sentenceOf(article, outcome) {
  const author = authorOf(article);
  if (outcome === "failed") {
    const why = article.querySelector(":scope > .notice")?.textContent ?? "";
    return `${author} could not finish the reply. ${why}`;
  }
  if (outcome === "stopped") return `${author} was stopped.`;
  const words = asHtml(article.querySelector(".text"))?.innerText ?? "";
  const isShort = words.length <= 300;
  return isShort ? `${author} replied: ${words}` : `${author} has replied.`;
}

/**
 * Said once, politely, by a screen reader; the growing text itself is not read out.
 *
 * @param {string} sentence
 */
function announce(sentence) {
  const status = byId("status");
  if (status) status.textContent = sentence;
}

/* Forms. */

/** Those that are answered with a reply. */
const ASKING = "#composer, .again, .retry, .edit form";

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 */
async function submit(form, submitter) {
  const data = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) {
    if (typeof value === "string") data.append(name, value);
  }
  form.setAttribute("aria-busy", "true");
  hideProblem();
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: data,
      headers: { accept: "text/html" },
    });
    const html = await answer.text();
    if (!answer.ok) {
      showProblem(parse(html).querySelector(".problem"));
    } else {
      if (form.id === "composer") clearComposer(data.get("message"));
      form.closest(".edit")?.removeAttribute("open");
      const focused = document.activeElement;
      show(html, answer.url, form.matches(ASKING));
      catchFocus(focused);
    }
  } catch {
    if (!(await goToSignIn())) showProblem(null);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

/**
 * What had the focus may be gone, or hidden: then the next key must not be lost. Where nothing had
 * it, nothing gets it: somebody may have selected a text.
 *
 * @param {Element | null} before what had it
 */
function catchFocus(before) {
  if (!before || before === document.body) return;
  const isLost = !before.isConnected || !before.checkVisibility();
  if (isLost && hasKeyboard()) box()?.focus({ preventScroll: true });
}

/**
 * Only what was sent is cleared: what was typed meanwhile is not.
 *
 * @param {string | null} sent
 */
function clearComposer(sent) {
  const typed = box();
  if (typed && typed.value === sent) typed.value = "";
  keepDraft();
}

function hideProblem() {
  document.querySelector(".composer > .problem")?.remove();
}

/**
 * Says why a form could not be sent; what was typed stays where it is.
 *
 * @param {Element | null} problem none if not even an answer came
 */
function showProblem(problem) {
  hideProblem();
  const composer = document.querySelector(".composer");
  const notice = problem ?? unreachable();
  if (!composer) {
    alert(notice.textContent?.trim());
    return;
  }
  composer.prepend(notice);
  box()?.focus();
}

/**
 * Where a load balancer signs visitors in, and their time there is up, it answers everything by the
 * way to another site. A script can't go there, but the page can, and comes back; drafts are kept.
 */
async function goToSignIn() {
  const look = fetch("/livez", { redirect: "manual" });
  const answer = await look.catch(() => null);
  if (answer?.type !== "opaqueredirect") return false;
  location.reload();
  return true;
}

function unreachable() {
  const template = byId("unreachable");
  const isThere = template instanceof HTMLTemplateElement;
  return isThere ? template.content.cloneNode(true) : new Text();
}

/**
 * Reads the page again, and shows what has changed; not if its reader went elsewhere meanwhile, or
 * was shown something newer.
 */
async function refresh() {
  const { href, pathname } = location;
  const begun = ++newest;
  try {
    const answer = await fetch(href);
    const html = await answer.text();
    if (begun !== newest || pathname !== location.pathname) return;
    if (answer.ok) show(html);
    else if (REFUSED.has(answer.status)) giveUpIfRefused(html);
  } catch {
    // The next one may be answered.
  }
}

/** How a page is refused that will not be there in a while either. */
const REFUSED = new Set([401, 403, 404]);

/**
 * Where the reply's stream was refused too. A proxy has pages of its own, without a word of what to
 * do: these pass.
 *
 * @param {string} html
 */
function giveUpIfRefused(html) {
  const problem = parse(html).querySelector(".problem");
  const isClosed = watched?.source?.readyState === EventSource.CLOSED;
  if (!watched || !isClosed || watched.isResting || !problem) return;
  const ways = problem.nextElementSibling;
  if (ways) problem.append(ways);
  giveUp(watched, problem);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  // The way to read on in a page that was begun without the script.
  if (event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") !== "true") {
    void submit(form, event.submitter);
  }
});

/* The message box. */

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (target instanceof HTMLTextAreaElement && event.key === "Enter") {
    if (target !== box()) return;
    // While an input method composes a word, Enter chooses it.
    if (event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (target.value.trim()) target.form?.requestSubmit();
  }
  if (event.key === "Escape") closePanels();
});

function closePanels() {
  if (location.hash === "#side") location.hash = "#main";
  const open = openOptions();
  if (!open) return;
  open.open = false;
  open.querySelector("summary")?.focus();
}

/** @returns {HTMLDetailsElement | null} */
const openOptions = () => document.querySelector(".options[open]");

document.addEventListener("input", ({ target }) => {
  if (target === box()) keepDraft();
});

const draftKey = () => `draft:${location.pathname}`;

function keepDraft() {
  const text = box()?.value;
  if (text) sessionStorage.setItem(draftKey(), text);
  else sessionStorage.removeItem(draftKey());
  fitBox();
}

function restoreDraft() {
  const typed = box();
  const draft = sessionStorage.getItem(draftKey());
  if (typed && draft && !typed.value) typed.value = draft;
  fitBox();
}

/** Where the style sheet can't make the box as high as its text. */
function fitBox() {
  const typed = box();
  if (!typed || CSS.supports("field-sizing", "content")) return;
  typed.style.height = "auto";
  typed.style.height = `${typed.scrollHeight}px`;
}

/* Small things. */

document.addEventListener("click", ({ target }) => {
  if (!(target instanceof Element)) return;
  const copy = asHtml(target.closest("[data-copy]"));
  if (copy) void copyNear(copy);
  if (target.id === "jump") {
    scrollDown();
    catchFocus(target);
  }
  const options = openOptions();
  if (options && !options.contains(target)) options.open = false;
});

/** @param {HTMLElement} button */
async function copyNear(button) {
  const isCode = button.dataset.copy === "code";
  const source = asHtml(
    isCode
      ? button.parentElement?.querySelector("code")
      : button.closest("article")?.querySelector(":scope > .text"),
  );
  if (!source) return;
  const text = isCode ? source.textContent : source.innerText;
  try {
    await navigator.clipboard.writeText(text ?? "");
    button.textContent = "Copied";
  } catch {
    getSelection()?.selectAllChildren(source);
    button.textContent = "Selected";
  }
  announce(button.textContent ?? "");
  setTimeout(() => {
    button.textContent = "Copy";
  }, 1500);
}

document.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLSelectElement)) return;
  const { save } = target.dataset;
  if (!save) return;
  const body = new URLSearchParams({ model: target.value });
  fetch(save, { method: "POST", body })
    .then((answer) => (answer.ok ? refresh() : undefined))
    .catch(() => undefined);
});

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
});

function showLocalTimes() {
  for (const time of document.querySelectorAll("time")) {
    if (!time.dateTime) continue;
    const at = new Date(time.dateTime);
    time.textContent = clock.format(at);
    time.title = at.toLocaleString();
  }
}

/** After every change of the page. */
function settle() {
  place = placeOf(location);
  showLocalTimes();
  restoreDraft();
  watch();
}

/** Ready to be typed into, except where that would bring up a keyboard over half of the page. */
function focusBox() {
  const isFree = document.activeElement === document.body && !location.hash;
  if (isFree && hasKeyboard()) box()?.focus();
}

const hasKeyboard = () => matchMedia("(hover: hover)").matches;

/** @param {Location} address */
const placeOf = ({ pathname, search }) => pathname + search;
let place = placeOf(location);
addEventListener("popstate", () => {
  // Not when only the fragment changed: that opens and closes the menu.
  if (placeOf(location) !== place) void refresh();
});
addEventListener("online", () => void refresh());

function start() {
  settle();
  focusBox();
  // A reply that was written into this page has ended by now: show it as any other.
  if (document.querySelector(".attempt")) void refresh();
}

if (document.readyState === "loading") {
  restoreDraft();
  document.addEventListener("DOMContentLoaded", start);
} else {
  start();
}
