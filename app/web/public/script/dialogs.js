import { parse } from "./dom.js";

/*
 * Forms about a conversation in a list, which may be another than the one on display: they open in a dialog, and
 * the page stays.
 */

/** Outside of the body, whose content is replaced with each page. */
const dialog = document.createElement("dialog");

/** @param {HTMLAnchorElement} link to a page with a form */
async function openForm({ href }) {
  try {
    const answer = await fetch(href);
    const main = parse(await answer.text()).querySelector("main");
    const title = main?.querySelector("h1");
    const form = main?.querySelector("form");
    if (!answer.ok || !title || !form) throw new Error("no form");
    title.id = "dialog-title";
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.replaceChildren(title, form);
    dialog.showModal();
    form.querySelector("input")?.select();
  } catch {
    location.assign(href);
  }
}

/** @param {Element | null} element within a dialog or a menu that is to close */
export function closeAround(element) {
  const menu = element?.closest("[popover]");
  if (menu instanceof HTMLElement) menu.hidePopover();
  if (element && dialog.contains(element)) dialog.close();
}

/**
 * True if the page on display should stay when the form is answered.
 *
 * @param {HTMLFormElement} form
 * @param {Element | null} submitter
 */
export const keepsPage = (form, submitter) =>
  dialog.contains(form) ||
  (form.matches(".rows") &&
    !submitter?.closest("li")?.querySelector("[aria-current]"));

export function handleDialogs() {
  document.documentElement.append(dialog);
  document.addEventListener("click", (event) => {
    const { target, ctrlKey, metaKey, shiftKey } = event;
    const link = target instanceof Element && target.closest("a");
    if (!link || ctrlKey || metaKey || shiftKey) return;
    closeAround(link);
    const isForm = link.matches(".indialog");
    // There, a link cancels.
    if (isForm || dialog.contains(link)) event.preventDefault();
    if (isForm) void openForm(link);
  });
}
