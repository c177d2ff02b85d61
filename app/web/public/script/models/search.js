import { asHtml, byId } from "../dom.js";

/*
 * The search in a long list of models: an editable combobox with a list (ARIA Authoring Practices). Loaded with the
 * first such list.
 */

const input = () =>
  /** @type {HTMLInputElement | null} */ (byId("model-search"));

const popup = () => byId("model-list");

const isListed = () => popup()?.matches(":popover-open") ?? false;

/** @returns {HTMLElement[]} */
const options = () => [
  .../** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll("#models [role=option]")
  ),
];

const active = () => byId(input()?.getAttribute("aria-activedescendant") ?? "");

/** @param {HTMLElement | undefined} option */
function setActive(option) {
  active()?.classList.remove("active");
  option?.classList.add("active");
  input()?.setAttribute("aria-activedescendant", option?.id ?? "");
  option?.scrollIntoView({ block: "nearest" });
}

/** @param {string} query all of its words must be found */
function filter(query) {
  const words = query.toLowerCase().split(/\s+/);
  for (const option of options()) {
    const group = option.parentElement?.ariaLabel;
    const text = `${group} ${option.dataset.id} ${option.textContent}`;
    const found = text.toLowerCase();
    option.hidden = !words.every((word) => found.includes(word));
  }
  const shown = options().filter((option) => !option.hidden);
  for (const group of document.querySelectorAll("#models [role=group]")) {
    const isEmpty = !group.querySelector("[role=option]:not([hidden])");
    group.toggleAttribute("hidden", isEmpty);
  }
  popup()
    ?.querySelector("p")
    ?.toggleAttribute("hidden", shown.length > 0);
  const selected = shown.find(({ ariaSelected }) => ariaSelected === "true");
  setActive(selected ?? shown[0]);
}

function openModels() {
  if (isListed()) return;
  popup()?.showPopover();
  input()?.setAttribute("aria-expanded", "true");
  input()?.select();
  filter("");
}

function closeModels() {
  if (isListed()) popup()?.hidePopover();
  showModels();
}

/** @param {HTMLElement | null} option */
function choose(option) {
  const hidden = byId("model");
  const save = input()?.dataset.save;
  const { id } = option?.dataset ?? {};
  if (!(hidden instanceof HTMLInputElement) || !id) return;
  hidden.value = id;
  for (const one of options()) one.ariaSelected = String(one === option);
  closeModels();
  const detail = { save, model: id };
  document.dispatchEvent(new CustomEvent("model", { detail }));
}

/** @param {KeyboardEvent} event */
function runListKey({ key }) {
  if (key === "Escape" && isListed()) closeModels();
  else if (key === "Enter") {
    if (isListed()) choose(active());
    else openModels();
  } else if (key === "ArrowDown" || key === "ArrowUp") {
    if (!isListed()) openModels();
    else move(key === "ArrowDown" ? 1 : -1);
  } else return false;
  return true;
}

/** @param {number} step */
function move(step) {
  const shown = options().filter((option) => !option.hidden);
  const index = shown.findIndex((option) => option === active());
  setActive(shown.at((index + step + shown.length) % (shown.length || 1)));
}

/** Call after each change of the page: the server's list is closed, and says which model is selected. */
function showModels() {
  const box = input();
  if (!box) return;
  box.setAttribute("aria-expanded", String(isListed()));
  if (isListed()) filter(box.value);
  else {
    setActive(undefined);
    const selected = options().find((one) => one.ariaSelected === "true");
    box.value = selected?.dataset.name ?? "";
  }
}

document.addEventListener("keydown", (event) => {
  if (event.target !== input() || event.isComposing) return;
  if (runListKey(event)) event.preventDefault();
});
document.addEventListener("input", ({ target }) => {
  if (target !== input()) return;
  const query = input()?.value ?? "";
  popup()?.showPopover();
  filter(query);
  showModels();
});
document.addEventListener("focusout", ({ target }) => {
  if (target === input()) closeModels();
});
document.addEventListener("mousedown", (event) => {
  const { target } = event;
  if (!(target instanceof Element)) return;
  // The focus stays in the box.
  if (target.closest("#model-list")) event.preventDefault();
});
document.addEventListener("click", ({ target }) => {
  if (!(target instanceof Element)) return;
  if (target === input()) openModels();
  const option = asHtml(target.closest("#models [role=option]"));
  if (option) choose(option);
});

export { showModels };
