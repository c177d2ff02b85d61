import { byId, recoverFocus } from "./dom.js";

/* The log opens at its end and stays there while it grows, unless its reader scrolled up. */

const log = () => document.querySelector(".log");

/** The log is reversed: it counts from its end, which is 0, and is negative above it. */
const isAtEnd = () => Math.abs(log()?.scrollTop ?? 0) < 40;

export function scrollToEnd() {
  log()?.scrollTo({ top: 0 });
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
  if (!scroller || isAtEnd()) {
    kept = undefined;
    change();
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

export function handleScrolling() {
  // Scroll events don't bubble: they are caught in the capture phase.
  document.addEventListener("scroll", () => offerJump(), true);

  document.addEventListener("click", ({ target }) => {
    const jump = target instanceof Element && target.closest("#jump");
    if (!jump) return;
    scrollToEnd();
    recoverFocus(jump);
  });
}
