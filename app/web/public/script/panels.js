import { asHtml, byId, setCookie } from "./dom.js";

/* Menus and panels: they close with Escape, and by a click beside them. */

/** @returns {HTMLDetailsElement | null} */
const openOptions = () => document.querySelector(".options[open]");

/** @returns {HTMLDetailsElement | null} */
const openEdit = () => document.querySelector(".edit[open]");

/** Without a step in the browser's history: Back would open the menu again. */
function closeMenu() {
  location.replace("#main");
  const menu = asHtml(document.querySelector(".menu"));
  menu?.focus();
}

/**
 * Hides the sidebar of a wide screen, on this page and the next ones.
 *
 * @param {boolean} isHidden
 */
function hideSidebar(isHidden) {
  setCookie("sidebar", isHidden ? "off" : "on");
  document.body.classList.toggle("alone", isHidden);
  const shown = document.querySelector(isHidden ? ".top .menu" : "#hide-side");
  asHtml(shown)?.focus();
}

/** On a narrow screen the sidebar is a menu, which its address opens. */
const isSidebarHidden = () =>
  document.body.matches(".alone") && !byId("side")?.checkVisibility();

const lists = () => document.querySelector(".lists");

const LIST_POSITION = "lists";

/** The list of conversations stays where it is when one of them is opened. */
export function restoreListPosition() {
  const top = Number(sessionStorage.getItem(LIST_POSITION));
  lists()?.scrollTo({ top });
  addEventListener("pagehide", () => {
    sessionStorage.setItem(LIST_POSITION, String(lists()?.scrollTop ?? 0));
  });
}

export function handlePanels() {
  document.addEventListener("keydown", ({ key, isComposing }) => {
    if (key !== "Escape" || isComposing) return;
    if (location.hash === "#side") closeMenu();
    const cancel = asHtml(document.querySelector("#edit a.inplace"));
    if (cancel?.closest("#edit")?.contains(document.activeElement)) {
      cancel.click();
    }
    const open = openOptions() ?? openEdit();
    if (!open) return;
    open.open = false;
    open.querySelector("summary")?.focus();
  });

  document.addEventListener("click", (event) => {
    const { target } = event;
    const link = target instanceof Element && target.closest("a[href^='#']");
    const href = link ? link.getAttribute("href") : "";
    if (target instanceof Element && target.closest("#hide-side")) {
      hideSidebar(true);
    }
    if (href === "#side" && isSidebarHidden()) {
      event.preventDefault();
      hideSidebar(false);
    } else if (href === "#side") {
      event.preventDefault();
      location.replace(href);
      asHtml(document.querySelector(".side .close"))?.focus();
    } else if (link && link.matches(".close, .shade")) {
      event.preventDefault();
      closeMenu();
    }
    const options = openOptions();
    if (target instanceof Node && options && !options.contains(target)) {
      options.open = false;
    }
  });
}
