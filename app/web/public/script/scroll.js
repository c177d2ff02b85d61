import { asHtml, byId, recoverFocus } from "./dom.js";

/* The log opens at its end and stays there while it grows, unless its reader scrolled up. */

const log = () => document.querySelector(".log");

/** The log is reversed: it counts from its end, which is 0, and is negative above it. */
const isAtEnd = () => Math.abs(log()?.scrollTop ?? 0) < 40;

export function scrollToEnd() {
  log()?.scrollTo({ top: 0 });
  offerJump();
}

/** Scrolls to the newest reply, with its question in view. */
export function scrollToNewest() {
  scrollToEnd();
  // Its question left the view again, if the page came with so much text that it was held before.
  held = undefined;
  const reply = [...document.querySelectorAll(".log .from-model")].at(-1);
  if (reply) keepQuestionInView(reply);
  offerJump();
}

/** Shows the button that leads to the end, while the end is out of view. */
export function offerJump() {
  const jump = byId("jump");
  if (jump) jump.hidden = isAtEnd();
}

/**
 * The place in the log that is kept while the text below it grows. A scroll position is rounded to
 * whole pixels: measured again at each change, the place would drift by a fraction each time.
 *
 * @typedef {{ anchor: Element, top: number, scrollTop: number, size: string }} Place
 */

/** @type {Place | undefined} */
let kept;

/**
 * Runs a change of the page, and scrolls so that what the reader sees stays where it was.
 *
 * @param {() => void} change
 */
export function keepScrollPosition(change) {
  const scroller = log();
  if (!scroller || (isAtEnd() && !isHeld(scroller))) {
    kept = undefined;
    change();
    const reply = document.querySelector("article.writing");
    if (reply) keepQuestionInView(reply);
    return;
  }
  const place = isStill(scroller, kept) ? kept : placeIn(scroller);
  change();
  kept = undefined;
  if (!place?.anchor.isConnected) return;
  const moved = place.anchor.getBoundingClientRect().top - place.top;
  if (moved !== 0) scroller.scrollTop += moved;
  kept = { ...place, scrollTop: scroller.scrollTop };
}

/**
 * The reply that the log no longer follows to its end, because its question would leave the view. A reader who
 * goes to the end follows it from there.
 *
 * @type {Element | undefined}
 */
let held;

/**
 * True while the log stays above its end for a question, however little that is.
 *
 * @param {Element} scroller
 */
const isHeld = (scroller) =>
  held?.matches(".writing") === true && scroller.scrollTop !== 0;

/** A long question gives this part of the view to its answer. */
const ANSWER_PART = 0.6;

/** @param {Element} reply */
function keepQuestionInView(reply) {
  const scroller = log();
  const question = reply.previousElementSibling;
  if (!scroller || reply === held || !question?.matches(".from-you")) return;
  const view = scroller.getBoundingClientRect();
  const answerTop = reply.getBoundingClientRect().top;
  const questionTop = question.getBoundingClientRect().top;
  const top = Math.max(
    questionTop,
    answerTop - view.height * (1 - ANSWER_PART),
  );
  const beyond = top - view.top - MARGIN;
  if (beyond >= 0) return;
  held = reply;
  scroller.scrollTop += beyond;
}

/** Above a question that is held in view. */
const MARGIN = 12;

/**
 * False after the reader scrolled, or the log got another size.
 *
 * @param {Element} scroller
 * @param {Place | undefined} place
 * @returns {place is Place}
 */
function isStill(scroller, place) {
  return (
    place?.anchor.isConnected === true &&
    place.scrollTop === scroller.scrollTop &&
    place.size === sizeOf(scroller)
  );
}

/** @param {Element} scroller */
function placeIn(scroller) {
  const anchor = [...scroller.querySelectorAll("article")].find(
    (article) => article.getBoundingClientRect().bottom > 60,
  );
  if (!anchor) return undefined;
  const { top } = anchor.getBoundingClientRect();
  const { scrollTop } = scroller;
  return { anchor, top, scrollTop, size: sizeOf(scroller) };
}

/** @param {Element} scroller */
const sizeOf = ({ clientWidth, clientHeight }) =>
  `${clientWidth}x${clientHeight}`;

/**
 * Opens or closes a part of the log where it is: the log grows from its end, which would move the line
 * that was clicked out of view.
 *
 * @param {HTMLElement} summary
 */
function toggleInPlace(summary) {
  const scroller = log();
  const details = summary.parentElement;
  if (!scroller || !(details instanceof HTMLDetailsElement)) return;
  const { top } = summary.getBoundingClientRect();
  details.open = !details.open;
  scroller.scrollTop += summary.getBoundingClientRect().top - top;
  if (details.open) details.querySelector("textarea")?.focus();
  offerJump();
}

export function handleScrolling() {
  // Scroll events don't bubble: they are caught in the capture phase.
  document.addEventListener("scroll", () => offerJump(), true);

  document.addEventListener("click", (event) => {
    const { target } = event;
    const summary =
      target instanceof Element && asHtml(target.closest(".log summary"));
    if (summary) {
      event.preventDefault();
      toggleInPlace(summary);
    }
    const jump = target instanceof Element && target.closest("#jump");
    if (!jump) return;
    scrollToEnd();
    recoverFocus(jump);
  });
}
