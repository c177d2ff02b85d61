import { handleAttention, showAttention } from "./attention.js";
import { handleMessageBox, updateBox } from "./composer.js";
import { handleCopyButtons } from "./copy.js";
import { handleDialogs } from "./dialogs.js";
import { hasKeyboard, messageBox, setCookie } from "./dom.js";
import { handleDrafts, restoreDraft } from "./draft.js";
import { handleForms } from "./forms.js";
import { handleKeys, showKeyChoice } from "./keys.js";
import { awaitQueue, followReply, handleVisibility } from "./live-reply.js";
import { handleModelSearch, showModels } from "./model-search.js";
import { handleNavigation, onRender, refresh, rendered } from "./page.js";
import { handlePanels } from "./panels.js";
import { handleScrolling } from "./scroll.js";
import { showLocalTimes } from "./times.js";

/*
 * Improves pages that work without a script: forms that don't leave the page, replies that arrive in
 * it, drafts that are kept. All HTML comes from the server.
 */

const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
setCookie("script", "on");
setCookie("zone", timeZone);
document.documentElement.classList.add("scripted");

handleAttention();
handleCopyButtons();
handleDialogs();
handleDrafts();
handleForms();
handleKeys();
handleMessageBox();
handleModelSearch();
handleNavigation();
handlePanels();
handleScrolling();
handleVisibility();
onRender(showLocalTimes);
onRender(updateBox);
onRender(followReply);
onRender(awaitQueue);
onRender(showAttention);
onRender(showKeyChoice);
onRender(showModels);

function start() {
  restoreDraft();
  rendered();
  const isFree = document.activeElement === document.body && !location.hash;
  if (isFree && hasKeyboard()) messageBox()?.focus();
  // A reply that the server wrote into this page has ended: show it like any other.
  if (document.querySelector(".attempt")) void refresh();
}

if (document.readyState === "loading") {
  restoreDraft();
  document.addEventListener("DOMContentLoaded", start);
} else {
  start();
}
