import { clearBox, hasContent, updateBox } from "./composer.js";
import { closeAround, keepsPage } from "./dialogs.js";
import { base, byId, messageBox, parse, recoverFocus } from "./dom.js";
import {
  captureDraft,
  forgetDrafts,
  holdDraft,
  releaseDraft,
} from "./draft.js";
import { scrollToEnd } from "./scroll.js";
import { goToSignIn, hideProblem, refresh, show, showProblem } from "./page.js";
import { t } from "./text.js";
import { hideToast, showToast } from "./toast.js";

/* Forms: sent without leaving the page, which then shows the answer. */

/** The forms that are answered with a reply. */
const PROMPTING = "#composer, .starters, .again, .retry, #edit";

/** The forms whose fields are settings. Those of class `autosave` are sent when a field changes. */
const SAVING = `.autosave, .place, [action^="${base}/projects/"]:not([action$="/delete"])`;

/** The forms after which another visitor may use this browser. */
const ENDING = `[action="${base}/session/reset"], [action="${base}/session/sign-out"], [action="${base}/data/delete"]`;

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 */
async function submit(form, submitter) {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) {
    if (typeof value === "string") body.append(name, value);
  }
  const isComposer = form.id === "composer";
  const { pathname } = location;
  // Not the text from the form: there, lone surrogates are replaced.
  const sent = isComposer ? messageBox()?.value : undefined;
  // Not those that are attached until the answer comes.
  const files = isComposer ? [...(byId("attached")?.children ?? [])] : [];
  form.setAttribute("aria-busy", "true");
  hideProblem();
  hideToast();
  const shown = isComposer ? showSent(sent) : undefined;
  try {
    const headers = { accept: "text/html" };
    const answer = await fetch(addressOf(form, submitter), {
      method: "POST",
      body,
      headers,
    });
    const html = await answer.text();
    if (!answer.ok) {
      takeBack(shown);
      showProblem(parse(html).querySelector(".problem"));
      return;
    }
    if (isComposer) {
      releaseDraft();
      clearBox(sent);
      for (const file of files) file.remove();
    }
    if (form.matches(ENDING)) forgetDrafts();
    if (keepsPage(form, submitter)) {
      closeAround(submitter);
      const opener = document.activeElement;
      // Selected rows were meant for this action alone.
      form.reset();
      await refresh();
      recoverFocus(opener);
      showResult(html);
      return;
    }
    closeAround(submitter);
    const isSaved = form.matches(SAVING);
    if (!isSaved)
      form.closest(".options, .edit, .reset")?.removeAttribute("open");
    const focused = document.activeElement;
    show(html, {
      address: answer.url,
      hasPrompted: form.matches(PROMPTING),
      keepsBox: isComposer,
    });
    if (isComposer)
      document.dispatchEvent(new CustomEvent("sent", { detail: pathname }));
    recoverFocus(focused);
    if (isSaved) showToast(t("notice.saved"));
  } catch {
    takeBack(shown);
    if (!(await goToSignIn())) showProblem(null, isComposer);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter may have an address of its own
 */
const addressOf = (form, submitter) =>
  submitter instanceof HTMLButtonElement && submitter.matches("[formaction]")
    ? submitter.formAction
    : form.action;

/**
 * Shows what a form did to another conversation.
 *
 * @param {string} html the page that answers it
 */
function showResult(html) {
  const result = parse(html).querySelector(".undo, .result");
  const sentence = result?.querySelector("span")?.textContent;
  const content = result?.matches(".undo") ? result : undefined;
  showToast(sentence ?? t("notice.saved"), content);
}

/**
 * Shows a message before the server has it.
 *
 * @param {string | undefined} text
 */
function showSent(text) {
  const box = messageBox();
  const messages = document.querySelector(".messages");
  if (!text || !box || !messages) return undefined;
  // For a moment only: the page that comes has the real one.
  const article = document.createElement("article");
  article.id = "sent";
  article.className = "from-you";
  const words = article.appendChild(document.createElement("div"));
  words.className = "text plain";
  words.textContent = text;
  messages.append(article);
  holdDraft(text);
  box.value = "";
  scrollToEnd();
  return { article };
}

/**
 * Puts the text of a failed message back into the box. If another page was opened, it stays in the draft of its own.
 *
 * @param {ReturnType<typeof showSent>} shown
 */
function takeBack(shown) {
  if (!shown) return;
  shown.article.remove();
  const text = releaseDraft();
  const box = messageBox();
  if (!box || !text) return;
  box.value = text + (box.value && `\n${box.value}`);
  captureDraft();
  updateBox();
}

/**
 * @param {string} address
 * @param {string} model
 */
function saveModel(address, model) {
  const body = new URLSearchParams({ model });
  fetch(address, { method: "POST", body })
    .then((answer) => (answer.ok ? refresh() : undefined))
    .catch(() => undefined);
}

export function handleForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
    // A file to import is sent by the browser, or by the script of its page.
    if (form.enctype === "multipart/form-data") return;
    // A page that was begun without the script continues by its own buttons.
    const { submitter } = event;
    // An export is a download.
    if (submitter?.getAttribute("formmethod") === "get") return;
    if (event.submitter?.matches("[formmethod=get]")) return;
    const isContinuing = submitter?.hasAttribute("formaction");
    if (form.id === "composer" && isContinuing) return;
    event.preventDefault();
    if (form.id === "composer" && !hasContent()) {
      messageBox()?.focus();
      return;
    }
    if (form.getAttribute("aria-busy") !== "true") {
      void submit(form, submitter);
    }
  });

  // A choice of the model picker is saved as soon as it is made.
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    const form = target.closest("form.autosave");
    if (form instanceof HTMLFormElement) form.requestSubmit();
    if (!(target instanceof HTMLSelectElement)) return;
    const { save } = target.dataset;
    if (save) saveModel(save, target.value);
  });
  document.addEventListener("model", (event) => {
    const { save, model } = /** @type {CustomEvent} */ (event).detail;
    if (save) saveModel(save, model);
  });
}
