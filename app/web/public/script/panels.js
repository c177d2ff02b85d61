/* Menus and panels: they close with Escape, and by a click beside them. */

/** @returns {HTMLDetailsElement | null} */
const openOptions = () => document.querySelector(".options[open]");

export function handlePanels() {
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    if (location.hash === "#side") location.hash = "#main";
    const options = openOptions();
    if (!options) return;
    options.open = false;
    options.querySelector("summary")?.focus();
  });

  document.addEventListener("click", ({ target }) => {
    const options = openOptions();
    if (target instanceof Node && options && !options.contains(target)) {
      options.open = false;
    }
  });
}
