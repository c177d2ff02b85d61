import { t } from "../text.js";

/*
 * The list of saved prompts above the message box. The focus stays in the box: arrows choose, and what
 * follows the slash filters. Loaded when it is first opened.
 */

/** @typedef {{ id: string, name: string, text: string }} SavedPrompt */

const box = () =>
  /** @type {HTMLTextAreaElement | null} */ (
    document.getElementById("message")
  );

const link = () => document.getElementById("prompts");

const popup = document.createElement("div");
popup.className = "actions prompts";
popup.popover = "manual";
const list = document.createElement("div");
list.role = "listbox";
list.id = "prompt-list";
list.ariaLabel = t("prompts.title");
const note = document.createElement("p");
note.className = "quiet";
note.textContent = t("prompts.none");
const manage = document.createElement("a");
manage.textContent = t("prompts.manage");
popup.append(list, note, manage);
// Outside of the body, whose content is replaced with each page.
document.documentElement.append(popup);

/** @type {SavedPrompt[]} */
let prompts = [];

/** True if what is typed after a slash filters the list. */
let isFiltered = false;

const isOpen = () => popup.matches(":popover-open");

/** @param {string} sentence */
function say(sentence) {
  const status = document.getElementById("status");
  if (status) status.textContent = sentence;
}

/** Most visits need no list, so this sheet is not part of the page. */
function loadStyle() {
  const { style } = link()?.dataset ?? {};
  if (!style || document.querySelector(`link[href="${style}"]`)) return;
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = style;
  document.head.append(sheet);
}

/** @param {boolean} isAsked true if the button was pressed: an empty list is shown, too */
async function openPrompts(isAsked) {
  loadStyle();
  const { list: address, manage: page } = link()?.dataset ?? {};
  if (!address || !page) return;
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    prompts = await answer.json();
  } catch {
    if (isAsked) say(t("prompts.unreadable"));
    return;
  }
  // Meanwhile the visitor typed on.
  if (!isAsked && !box()?.value.startsWith("/")) return;
  if (!isAsked && prompts.length === 0) return;
  isFiltered = !isAsked;
  manage.href = page;
  fill();
  if (isAsked) box()?.focus();
}

/** Shows the prompts that match; closes the list if none does. */
function fill() {
  const words = isFiltered ? query().split(/\s+/) : [];
  const shown = prompts.filter(({ name }) =>
    words.every((word) => name.toLowerCase().includes(word)),
  );
  list.replaceChildren(...shown.map(toOption));
  note.hidden = prompts.length > 0;
  if (isFiltered && shown.length === 0) {
    close();
    return;
  }
  setActive(list.firstElementChild);
  place();
  say(t("prompts.count", { count: shown.length }));
}

const query = () => (box()?.value.slice(1) ?? "").trim().toLowerCase();

/**
 * @param {SavedPrompt} prompt
 * @param {number} index
 */
function toOption({ id, name, text }, index) {
  const option = document.createElement("div");
  option.role = "option";
  option.id = `prompt-${index}`;
  option.dataset.id = id;
  const beginning = document.createElement("small");
  beginning.textContent = text.slice(0, 200);
  const title = document.createElement("bdi");
  title.textContent = name;
  option.append(title, beginning);
  return option;
}

/** Above the box, as wide as it. */
function place() {
  const around = box()?.form?.getBoundingClientRect();
  if (!around) return;
  popup.style.left = `${around.left}px`;
  popup.style.width = `${around.width}px`;
  popup.style.bottom = `${innerHeight - around.top + 8}px`;
  popup.style.maxHeight = `${Math.max(around.top - 16, 120)}px`;
  if (!isOpen()) popup.showPopover();
  box()?.setAttribute("aria-controls", list.id);
}

function close() {
  if (isOpen()) popup.hidePopover();
  box()?.removeAttribute("aria-activedescendant");
  box()?.removeAttribute("aria-controls");
}

const active = () => list.querySelector("[aria-selected=true]");

/** @param {Element | null} option */
function setActive(option) {
  for (const one of list.children) one.ariaSelected = String(one === option);
  if (option) box()?.setAttribute("aria-activedescendant", option.id);
  else box()?.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

/** @param {-1 | 1} step */
function move(step) {
  const all = [...list.children];
  const current = active();
  const index = current ? all.indexOf(current) : -1;
  setActive(all[(index + step + all.length) % all.length] ?? null);
}

/** @param {Element | null} option */
function choose(option) {
  const { id } = option instanceof HTMLElement ? option.dataset : {};
  const prompt = prompts.find((one) => one.id === id);
  const area = box();
  close();
  if (!prompt || !area) return;
  area.focus();
  // Takes the place of the slash and the filter; otherwise goes where the cursor is.
  const [from, to] = isFiltered
    ? [0, area.value.length]
    : [area.selectionStart, area.selectionEnd];
  area.setRangeText(prompt.text, from, to, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  say(t("prompts.inserted", { name: prompt.name }));
}

/**
 * @param {KeyboardEvent} event
 * @returns {boolean} false if the key is for the box
 */
function runKey({ key, shiftKey, ctrlKey, metaKey }) {
  if (key === "Escape") close();
  else if (key === "ArrowDown") move(1);
  else if (key === "ArrowUp") move(-1);
  else if ((key === "Enter" || key === "Tab") && active()) {
    if (shiftKey || ctrlKey || metaKey) return false;
    choose(active());
  } else return false;
  return true;
}

// Before the box's own keys: Enter would send.
addEventListener(
  "keydown",
  (event) => {
    if (!isOpen() || event.isComposing) return;
    if (event.target !== box()) {
      if (event.key === "Escape") {
        close();
        box()?.focus();
      }
      return;
    }
    if (!runKey(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);

document.addEventListener("input", ({ target }) => {
  if (!isOpen() || target !== box()) return;
  if (isFiltered && box()?.value.startsWith("/")) fill();
  else close();
});

document.addEventListener("click", ({ target }) => {
  if (!isOpen() || !(target instanceof Element)) return;
  const option = target.closest("#prompt-list [role=option]");
  if (option) choose(option);
  else if (!target.closest("#prompts")) close();
});

addEventListener("resize", () => {
  if (isOpen()) place();
});

export { openPrompts };
