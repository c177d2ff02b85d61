import { handleAttention, showAttention } from "./attention.js";
import { handleMessageBox, updateBox } from "./composer.js";
import { handleCopyButtons } from "./copy.js";
import { handleDialogs } from "./dialogs.js";
import { byId, hasKeyboard, messageBox, setCookie } from "./dom.js";
import { handleFiles, restoreFiles } from "./files.js";
import { handleDrafts, removeOldestDrafts, restoreDraft } from "./draft.js";
import { handleForms } from "./forms.js";
import { handleKeys, showKeyChoice } from "./keys.js";
import { awaitQueue, followReply, handleVisibility } from "./live-reply.js";
import { handleNavigation, onRender, refresh, rendered } from "./page.js";
import { handlePanels, restoreListPosition } from "./panels.js";
import { handlePrompts } from "./prompts.js";
import { handleScrolling } from "./scroll.js";
import { showLocalTimes } from "./times.js";

/*
 * Improves pages that work without a script: forms that don't leave the page, replies that arrive in
 * it, drafts that are kept. All HTML comes from the server.
 */

document.documentElement.classList.add("scripted");

handleAttention();
handleCopyButtons();
handleDialogs();
handleDrafts();
handleFiles();
handleForms();
handleKeys();
handleMessageBox();
handleNavigation();
handlePanels();
handlePrompts();
handleScrolling();
handleVisibility();
onRender(showLocalTimes);
onRender(updateBox);
onRender(followReply);
onRender(awaitQueue);
onRender(showModels);

/** The search in a long list of models is loaded with the first such list. */
function showModels() {
  const { script } = byId("model-search")?.dataset ?? {};
  if (script) void import(script).then((search) => search.showModels());
}

function start() {
  rendered();
  const isFree = document.activeElement === document.body && !location.hash;
  if (isFree && hasKeyboard()) messageBox()?.focus();
  // A reply that the server wrote into this page has ended: show it like any other.
  if (document.querySelector(".attempt")) void refresh();
  afterFirstFrame(recall);
}

/** Shows what this browser remembers, and tells the server about it. */
function recall() {
  setCookies();
  restoreDraft();
  restoreFiles();
  removeOldestDrafts();
  restoreListPosition();
  onRender(showAttention);
  onRender(showKeyChoice);
  rendered();
}

function setCookies() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  setCookie("script", "on");
  setCookie("zone", timeZone);
}

/**
 * The browser's storage and its time zones take 10 to 40 ms when they are first used. The page can be shown
 * and typed in without them.
 *
 * @param {() => void} work
 */
function afterFirstFrame(work) {
  // A hidden page has no frames.
  if (document.hidden) work();
  else requestAnimationFrame(() => setTimeout(work));
}

if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", start);
} else {
  start();
}
