import { asHtml, byId } from "./dom.js";
import { describeOutcome, newestReply } from "./outcome.js";
import { refresh } from "./page.js";
import { t } from "./text.js";

/*
 * Tells visitors of replies that ended while they looked elsewhere: marks in the list of conversations, the icon and
 * the title of a hidden tab, and a notification if they asked for it.
 */

const NOTIFY = "notify";

/** A hidden tab does not follow its reply: it looks from time to time. */
const LOOK_EVERY_MS = 20_000;

/** @type {number | undefined} */
let looking;

const icon = () =>
  /** @type {HTMLLinkElement | null} */ (
    document.querySelector("link[rel=icon]")
  );

/** @param {boolean} hasNews */
function mark(hasNews) {
  const link = icon();
  const { done = "", idle = link?.href ?? "" } = link?.dataset ?? {};
  if (!link || !done) return;
  link.dataset.idle = idle;
  link.href = hasNews ? done : idle;
  document.title = document.title.replace(/^● /, "");
  if (hasNews) document.title = `● ${document.title}`;
}

/**
 * Keeps a value, unless the browser's storage is full.
 *
 * @param {string} key
 * @param {string} value
 */
function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Marks and notifications are a convenience.
  }
}

/** Call when a reply has ended. */
export function tellOfEnd() {
  if (!document.hidden) return;
  mark(true);
  const reply = newestReply();
  const isWanted = localStorage.getItem(NOTIFY);
  if (!reply || !isWanted || Notification.permission !== "granted") return;
  const { outcome = "complete" } = reply.dataset;
  const title = document.title.replace(/^● /, "");
  const body = describeOutcome(reply, outcome);
  try {
    const tag = location.pathname;
    const notification = new Notification(title, { body, tag });
    notification.addEventListener("click", () => {
      focus();
      notification.close();
    });
  } catch {
    // Browsers on Android have no notifications without a service worker.
  }
}

const isWriting = () => document.querySelector("article[data-events]") !== null;

async function look() {
  if (!document.hidden || !isWriting()) return;
  await refresh();
  if (isWriting()) lookSoon();
  else tellOfEnd();
}

function lookSoon() {
  clearTimeout(looking);
  looking = setTimeout(() => void look(), LOOK_EVERY_MS);
}

const whatIsShown = () => ({
  isWriting: isWriting(),
  queued: document.querySelectorAll("#queue > article").length,
});

/** @returns {Record<string, { at: string, isWriting?: boolean, queued?: number }>} what was seen of each conversation */
function readSeen() {
  try {
    return JSON.parse(localStorage.getItem("seen") ?? "{}");
  } catch {
    return {};
  }
}

/** Marks the conversations in which something happened since they were on display, or messages wait. */
export function showMarks() {
  const seen = readSeen();
  /** @type {typeof seen} */
  const kept = {};
  for (const link of document.querySelectorAll("a[data-at]")) {
    const { at: listedAt = "" } = asHtml(link)?.dataset ?? {};
    const id = link.getAttribute("href") ?? "";
    const isShown = link.hasAttribute("aria-current");
    // A reply that ended on this page is newer than the list.
    const reply = isShown ? newestReply()?.querySelector("time") : undefined;
    const shownAt = reply?.dateTime ?? "";
    const at = shownAt > listedAt ? shownAt : listedAt;
    const before = isShown ? undefined : seen[id];
    const known = before ?? { at, ...(isShown && whatIsShown()) };
    kept[id] = known;
    const news = known.at < at ? "news" : "";
    const queued = known.queued && !news ? "queued" : "";
    const replying = known.isWriting && !isShown ? "replying" : "";
    const label = queued
      ? t("mark.queued", { count: known.queued ?? 0 })
      : news
        ? t("mark.newReply")
        : replying && t("mark.replying");
    let sign = link.querySelector(".mark");
    if (!label) sign?.remove();
    else {
      if (!sign) link.prepend((sign = document.createElement("span")));
      sign.className = `mark ${news || queued}`;
      sign.textContent = label;
    }
  }
  if (Object.keys(kept).length === 0) localStorage.removeItem("seen");
  else keep("seen", JSON.stringify(kept));
}

function showChoice() {
  const button = byId("notify");
  if (!button || !("Notification" in window)) return;
  button.hidden = false;
  const isOn =
    localStorage.getItem(NOTIFY) !== null &&
    Notification.permission === "granted";
  button.setAttribute("aria-pressed", String(isOn));
}

async function toggleNotifications() {
  if (localStorage.getItem(NOTIFY)) localStorage.removeItem(NOTIFY);
  else if ((await Notification.requestPermission()) === "granted") {
    keep(NOTIFY, "1");
  }
  showChoice();
}

/** Call after each change of the page. */
export function showAttention() {
  showMarks();
  showChoice();
}

export function handleAttention() {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) lookSoon();
    else mark(false);
  });
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("#notify")) {
      void toggleNotifications();
    }
  });
}
