import { byId, messageBox } from "./dom.js";

/* Saved prompts. The list is loaded when it is first opened. */

/** @param {boolean} isAsked true if the button was pressed */
async function listPrompts(isAsked) {
  const link = byId("prompts");
  const { script } = link?.dataset ?? {};
  if (!script) return;
  const { openPrompts } = await import(script);
  openPrompts(isAsked);
}

export function handlePrompts() {
  document.addEventListener("click", (event) => {
    const { target } = event;
    if (!(target instanceof Element) || !target.closest("#prompts")) return;
    event.preventDefault();
    void listPrompts(true);
  });
  document.addEventListener("input", ({ target }) => {
    const box = messageBox();
    if (target === box && box?.value === "/") void listPrompts(false);
  });
}
