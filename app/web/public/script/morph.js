import { asHtml } from "./dom.js";

/**
 * Elements that the script keeps up to date itself, each with a test that tells by the server's
 * element if the old one stays as it is.
 *
 * @type {Map<Element, (fresh: HTMLElement | undefined) => boolean>}
 */
export const ownElements = new Map();

/**
 * Makes `old` like `fresh`, and keeps every node that both have: focus, selection and scroll
 * positions stay.
 *
 * @param {Node} old
 * @param {Node} fresh of the same kind
 */
export function morph(old, fresh) {
  if (old instanceof Text && fresh instanceof Text) morphText(old, fresh.data);
  if (!(old instanceof Element && fresh instanceof Element)) return;
  if (ownElements.get(old)?.(asHtml(fresh))) return;
  if (old.hasAttribute("data-local")) return;
  morphAttributes(old, fresh);
  if (old.localName !== "textarea") morphChildren(old, [...fresh.childNodes]);
}

/**
 * Appends to text that only grew, so that a selection in it stays.
 *
 * @param {Text} old
 * @param {string} text
 */
function morphText(old, text) {
  if (old.data === text) return;
  if (text.startsWith(old.data)) old.appendData(text.slice(old.length));
  else old.data = text;
}

/**
 * @param {Element} old
 * @param {Element} fresh
 */
export function morphAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of Array.from(old.attributes)) {
    // An element that the visitor opened stays open.
    const isLocal = name === "open" || name === "style";
    if (!fresh.hasAttribute(name) && !isLocal) old.removeAttribute(name);
  }
}

/**
 * @param {Node} parent
 * @param {Node[]} fresh the children to have from `first` on
 * @param {ChildNode | null} first
 */
export function morphChildren(parent, fresh, first = parent.firstChild) {
  let next = first;
  for (const node of fresh) {
    const match = findMatch(next, node);
    if (match) {
      while (next && next !== match) next = removeAndNext(next);
      next = match.nextSibling;
      morph(match, node);
    } else {
      parent.insertBefore(node, next);
    }
  }
  while (next) next = removeAndNext(next);
}

/** @param {Node} node */
const idOf = (node) => (node instanceof Element ? node.id : "");

/**
 * The node to turn into `node`: the one with its id, or else the next if it is of the same kind.
 *
 * @param {ChildNode | null} next
 * @param {Node} node
 */
function findMatch(next, node) {
  const id = idOf(node);
  if (!id) {
    const isAlike = next && next.nodeName === node.nodeName && !idOf(next);
    return isAlike ? next : null;
  }
  for (let sibling = next; sibling; sibling = sibling.nextSibling) {
    if (idOf(sibling) === id && sibling.nodeName === node.nodeName) {
      return sibling;
    }
  }
  return null;
}

/** @param {ChildNode} node */
function removeAndNext(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}
