/*
 * What a browser with a script gets on top of pages that work without one: forms that don't leave
 * the page, replies that arrive in it, drafts that are kept. Every piece of HTML comes from the
 * server; nothing here makes any.
 */

const scripted = document.documentElement.classList;
const byId = (id) => document.getElementById(id);
document.cookie = "script=on; path=/; samesite=lax; max-age=31536000";
scripted.add("scripted");

/* Pages: swapping in what the server sent, without touching what is the same. */

/** Makes `old` like `fresh`, keeping every node that both have: focus, selection, scrolling stay. */
function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    morphText(old, fresh.data);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) return;
  // A reply that is being watched is newer here than in any page that was rendered meanwhile.
  if (old === watched?.article && fresh.dataset.events) return;
  morphAttributes(old, fresh);
  if (old.localName !== "textarea") morphChildren(old, [...fresh.childNodes]);
}

/** Text that only grew is appended to, so that a selection in it stays. */
function morphText(old, text) {
  if (old.data === text) return;
  if (text.startsWith(old.data)) old.appendData(text.slice(old.length));
  else old.data = text;
}

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

function morphChildren(parent, fresh, first = parent.firstChild) {
  let next = first;
  for (const node of fresh) {
    const match = findMatch(next, node);
    if (match) {
      while (next !== match) next = removeAndNext(next);
      next = match.nextSibling;
      morph(match, node);
    } else {
      parent.insertBefore(node, next);
    }
  }
  while (next) next = removeAndNext(next);
}

/** The node that stands for `node` now: the one with its id, or the next if it is of its kind. */
function findMatch(next, node) {
  if (!node.id) {
    const isAlike = next && next.nodeName === node.nodeName && !next.id;
    return isAlike ? next : null;
  }
  for (let one = next; one; one = one.nextSibling) {
    if (one.id === node.id && one.nodeName === node.nodeName) return one;
  }
  return null;
}

function removeAndNext(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

const parse = (html) => new DOMParser().parseFromString(html, "text/html");

/** Shows a page that came from the server. */
function show(html, address) {
  const fresh = parse(html);
  const before = location.href;
  if (address && address !== before) history.pushState({}, "", address);
  document.title = fresh.title;
  keepScrollPosition(() => {
    morphAttributes(document.body, fresh.body);
    morphChildren(document.body, [...fresh.body.childNodes]);
  });
  if (address && address.split("#")[0] !== before.split("#")[0]) scrollDown();
  settle();
}

/* The log: it opens at its end and stays there, unless its reader went elsewhere in it. */

const log = () => document.querySelector(".log");
/** Reversed, the log counts from its end: 0 is the end, and above it is negative. */
const isAtEnd = () => Math.abs(log()?.scrollTop ?? 0) < 40;

function scrollDown() {
  log()?.scrollTo({ top: 0 });
}

/** Runs a change, after which what the reader looks at is where it was. */
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

let watched = null;

function watch() {
  const article = document.querySelector("article[data-events]");
  // Without the cookie, the server writes the reply into the page itself.
  const isFollowable = article && !article.querySelector(".attempt");
  if (watched && watched.article === article && isFollowable) return;
  watched?.source.close();
  clearTimeout(watched?.timer);
  watched = null;
  if (!isFollowable) return;
  watched = { article, address: article.dataset.events, from: -1, html: "" };
  announce(`${authorOf(article)} is writing.`);
  connect(watched);
}

const authorOf = (article) =>
  article.querySelector("header h2")?.textContent ?? "The model";

function connect(state, failures = 0) {
  const after = state.lastId ? `?offset=${state.lastId}` : "";
  const source = new EventSource(state.address + after);
  state.source = source;
  state.from = -1;
  let failed = failures;
  source.addEventListener("open", () => {
    failed = 0;
    setConnected(true);
  });
  source.addEventListener("blocks", (event) => {
    state.lastId = event.lastEventId;
    setConnected(true);
    showBlocks(state, JSON.parse(event.data));
  });
  source.addEventListener("end", (event) => {
    source.close();
    setConnected(true);
    finish(state, JSON.parse(event.data));
  });
  source.addEventListener("reconnect", () => {
    state.from = -1;
  });
  source.addEventListener("trouble", () => setConnected(false));
  source.addEventListener("error", () => {
    state.from = -1;
    if (source.readyState !== EventSource.CLOSED) {
      // The browser connects again by itself; a moment of it is nothing to speak of.
      state.quiet ??= setTimeout(() => setConnected(false), 1500);
      return;
    }
    setConnected(false);
    failed += 1;
    const pause = Math.min(8000, 400 * 2 ** failed) * (0.5 + Math.random());
    state.timer = setTimeout(() => {
      if (watched !== state) return;
      // Perhaps the reply has ended meanwhile: the page itself knows.
      if (failed % 3 === 0) void refresh();
      connect(state, failed);
    }, pause);
  });
}

function setConnected(isConnected) {
  clearTimeout(watched?.quiet);
  if (watched) watched.quiet = undefined;
  const notice = byId("connection");
  if (notice) notice.hidden = isConnected;
}

/** Replaces the blocks from the one at index `from` on. */
function showBlocks(state, { from, same = 0, html, notice }) {
  const text = state.article.querySelector(".text");
  const known = from === state.from ? state.html.slice(0, same) : "";
  Object.assign(state, { from, html: known + html });
  const fresh = parse(state.html).body;
  keepScrollPosition(() => {
    const first = text.children[from] ?? null;
    morphChildren(text, [...fresh.children], first);
    showNotice(state.article, notice);
  });
}

function showNotice(article, text) {
  let notice = article.querySelector(":scope > .notice");
  if (!text) {
    notice?.remove();
    return;
  }
  if (!notice) {
    notice = document.createElement("p");
    notice.className = "notice";
    article.querySelector(".text").after(notice);
  }
  if (notice.textContent !== text) notice.textContent = text;
}

function finish(state, { html, outcome }) {
  const fresh = parse(html).body.firstElementChild;
  watched = null;
  keepScrollPosition(() => morph(state.article, fresh));
  byId("main").classList.remove("replying");
  byId("main")
    .querySelectorAll(".stop, #stop")
    .forEach((one) => one.remove());
  const author = authorOf(state.article);
  const words = state.article.querySelector(".text").innerText;
  if (outcome === "failed") announce(`${author} could not finish the reply.`);
  else if (outcome === "stopped") announce(`${author} was stopped.`);
  else if (words.length <= 300) announce(`${author} replied: ${words}`);
  else announce(`${author} has replied.`);
  settle();
}

/** Said once, politely, by a screen reader; the growing text itself is not read out. */
function announce(sentence) {
  byId("status").textContent = sentence;
}

/* Forms. */

async function submit(form, submitter) {
  const data = new URLSearchParams(new FormData(form, submitter));
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
      show(html, answer.url);
    }
  } catch {
    showProblem(null);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

/** Only what was sent is cleared: what was typed meanwhile is not. */
function clearComposer(sent) {
  const box = byId("message");
  if (box.value === sent) box.value = "";
  keepDraft();
}

function hideProblem() {
  document.querySelector(".composer > .problem")?.remove();
}

/** Says why a form could not be sent; what was typed stays where it is. */
function showProblem(problem) {
  hideProblem();
  const composer = document.querySelector(".composer");
  const template = byId("unreachable").content.firstElementChild;
  const notice = problem ?? template.cloneNode(true);
  if (!composer) {
    alert(notice.textContent.trim());
    return;
  }
  composer.prepend(notice);
  byId("message").focus();
}

/** Reads the page again, and shows what has changed. */
async function refresh() {
  const answer = await fetch(location.href).catch(() => undefined);
  if (answer?.ok) show(await answer.text());
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") !== "true") {
    void submit(form, event.submitter);
  }
});

/* The message box. */

document.addEventListener("keydown", (event) => {
  if (event.target.id === "message" && event.key === "Enter") {
    // While an input method composes a word, Enter chooses it.
    if (event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (event.target.value.trim()) byId("composer").requestSubmit();
  }
  if (event.key === "Escape") closePanels();
});

function closePanels() {
  if (location.hash === "#side") location.hash = "#main";
  const open = document.querySelector(".options[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
}

document.addEventListener("input", (event) => {
  if (event.target.id === "message") keepDraft();
});

const draftKey = () => `draft:${location.pathname}`;

function keepDraft() {
  const { value } = byId("message");
  if (value) sessionStorage.setItem(draftKey(), value);
  else sessionStorage.removeItem(draftKey());
  fitBox();
}

function restoreDraft() {
  const box = byId("message");
  const draft = sessionStorage.getItem(draftKey());
  if (box && draft && !box.value) box.value = draft;
  fitBox();
}

/** Where the style sheet can't make the box as high as its text. */
function fitBox() {
  const box = byId("message");
  if (!box || CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

/* Small things. */

document.addEventListener("click", (event) => {
  const { target } = event;
  const copy = target.closest?.("[data-copy]");
  if (copy) void copyNear(copy);
  const options = document.querySelector(".options[open]");
  if (options && !options.contains(target)) options.open = false;
});

async function copyNear(button) {
  const isCode = button.dataset.copy === "code";
  const source = isCode
    ? button.parentElement.querySelector("code")
    : button.closest("article").querySelector(":scope > .text");
  const text = isCode ? source.textContent : source.innerText;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    button.textContent = "Selected";
  }
  announce(button.textContent);
  setTimeout(() => {
    button.textContent = "Copy";
  }, 1500);
}

document.addEventListener("change", (event) => {
  const { save } = event.target.dataset;
  if (!save) return;
  const body = new URLSearchParams({ model: event.target.value });
  fetch(save, { method: "POST", body })
    .then((answer) => (answer.ok ? refresh() : undefined))
    .catch(() => undefined);
});

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
});

function showLocalTimes() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    time.textContent = clock.format(at);
    time.title = at.toLocaleString();
  }
}

/** After every change of the page. */
function settle() {
  path = location.pathname;
  showLocalTimes();
  restoreDraft();
  watch();
}

/** Ready to be typed into, except where that would bring up a keyboard over half of the page. */
function focusBox() {
  const isFree = document.activeElement === document.body && !location.hash;
  if (isFree && matchMedia("(hover: hover)").matches) byId("message")?.focus();
}

let path = location.pathname;
addEventListener("popstate", () => {
  // Not when only the fragment changed: that opens and closes the menu.
  if (location.pathname !== path) void refresh();
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
