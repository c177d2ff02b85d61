import { t } from "../text.js";

/* Rows of a list that are selected: a range with Shift, all at once, and their number. */

/** @type {HTMLInputElement | undefined} the last row that was selected or not */
let last;

/** @param {ParentNode} form */
const picksIn = (form) =>
  /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll(".pick")]);

/** @param {HTMLFormElement} form */
function showCount(form) {
  const picks = picksIn(form);
  const count = picks.filter((pick) => pick.checked).length;
  const status = form.querySelector(".selected [role=status]");
  const text = count > 0 ? t("select.count", { count }) : "";
  if (status && status.textContent !== text) status.textContent = text;
  const all = form.querySelector(".pick-all");
  if (!(all instanceof HTMLInputElement)) return;
  all.checked = count > 0 && count === picks.length;
  all.indeterminate = count > 0 && count < picks.length;
}

/**
 * Gives all rows from the last one to this one its state.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLInputElement} pick
 */
function selectRange(form, pick) {
  const picks = picksIn(form);
  const ends = [last ?? pick, pick].map((one) => picks.indexOf(one));
  if (ends.includes(-1)) return;
  const range = picks.slice(Math.min(...ends), Math.max(...ends) + 1);
  for (const one of range) one.checked = pick.checked;
}

document.addEventListener("click", ({ target, shiftKey }) => {
  if (!(target instanceof HTMLInputElement) || !target.form) return;
  const { form } = target;
  if (target.matches(".pick-all")) {
    for (const pick of picksIn(form)) pick.checked = target.checked;
  } else if (target.matches(".pick")) {
    if (shiftKey) selectRange(form, target);
    last = target;
  } else return;
  showCount(form);
});

// The keyboard's way to a range: the browser sends no click with Shift+Space everywhere.
document.addEventListener("keydown", (event) => {
  const { target, key, shiftKey } = event;
  if (key !== " " || !shiftKey) return;
  if (!(target instanceof HTMLInputElement) || !target.matches(".pick")) return;
  event.preventDefault();
  target.checked = !target.checked;
  if (target.form) selectRange(target.form, target);
  last = target;
  if (target.form) showCount(target.form);
});

// After the event, the fields have their first values.
document.addEventListener("reset", ({ target }) => {
  if (!(target instanceof HTMLFormElement)) return;
  setTimeout(() => showCount(target));
});

// A list that was shown again in place has other rows.
new MutationObserver(() => {
  const form = document.querySelector("form.picks");
  if (form instanceof HTMLFormElement) showCount(form);
}).observe(document.body, { childList: true, subtree: true });
