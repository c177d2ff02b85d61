import type MarkdownIt from "markdown-it";
import { parseOptions } from "./parse-options";
import { parseLabel } from "./references";

/*
 * The end of a text that grows. A visitor must not see markup that is about to become something else:
 * what is open at the end is shown as if it were closed, and signs that mean nothing yet are left out.
 */

/** A last line that may become anything: a heading, a list, a rule, a table, a fence, a definition. */
const undecidedLine = new RegExp(
  String.raw`^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:${[
    String.raw`[-*+=_#>|~:\x60$\\[\]() \t]+`,
    String.raw`\d{1,9}(?:[.)][ \t]*)?`,
    String.raw`(?:\x60{3,}|~{3,})[^\x60]*`,
    String.raw`\\[[(]|\\begin\{?[a-z]*\*?\}?`,
    String.raw`</?[a-z]{0,10}(?: [a-z]*)?`,
    "<summary>(?:(?!</summary>).)*",
    String.raw`\[[ xX]?\]?|\[[^\]]{1,100}\]:?[ \t]*`,
    String.raw`\[\^[^\]]{0,50}`,
    String.raw`\[[^\]^][^\]]{0,200}\]:.*`,
  ].join("|")})$`,
  "i",
);

/** Signs at the end of a paragraph that the next ones explain. */
const undecidedEnd =
  /(?:\\[()[]?|(?<![*_~`])[*_~`]+|!?\[\^?|\[\^[^\s[\]]{0,50}|&#?\w{0,10}|<\/?[a-z]{0,10}|<https?:[^\s<>]*)$/i;

/** The row below a table's head. */
const delimiterRow = /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t:-]*)*$/;

/** The part of a growing text that can be shown, as it will be if nothing unexpected follows. */
export function visiblePart(text: string): string {
  const start = lastLineAt(text);
  const line = text.slice(start);
  // A number may be all that there is.
  const isNumber = start === 0 && /^\d+$/.test(line);
  const isUndecided =
    line.length <= 300 && !isNumber && undecidedLine.test(line);
  const shown = isUndecided ? text.slice(0, start) : text;
  return completeTable(shown, isUndecided && delimiterRow.test(line));
}

const lastLineAt = (text: string) =>
  Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1;

/** Adds the row of hyphens below the head of a table, before it has arrived. */
function completeTable(text: string, hasDelimiters: boolean): string {
  const body = text.trimEnd();
  const begin = lastLineAt(body);
  const head = body.slice(begin).trim();
  const isHead = head.startsWith("|") || (hasDelimiters && head.includes("|"));
  if (!isHead || head.length > 1_000) return text;
  const before = body.slice(0, begin);
  const isFirst =
    before.trimEnd() === "" || /\n[ \t]*\r?\n[ \t]*$/.test(before);
  const isNear = !/\n[ \t]*\n/.test(text.slice(body.length));
  if (!isFirst || !isNear) return text;
  if (hasOpenFence(text)) return text;
  const cells = cellsIn(head);
  return `${body}\n|${"---|".repeat(cells)}\n`;
}

function hasOpenFence(text: string): boolean {
  let open: string | undefined;
  for (const [, fence = ""] of text.matchAll(/^[ \t>]*(`{3,}|~{3,})/gm)) {
    if (open === undefined) open = fence;
    else if (fence.startsWith(open)) open = undefined;
  }
  return open !== undefined;
}

const cellsIn = (row: string) =>
  row
    .replace(/\\\|/g, "")
    .replace(/^\||\|$/g, "")
    .split("|").length;

/** The part of an unfinished paragraph that can be shown. */
export const visibleInline = (content: string): string =>
  content.replace(undecidedEnd, "");

export function closeUnfinished(markdown: MarkdownIt.MarkdownIt): void {
  const { inline } = markdown;
  inline.ruler.before("backticks", "unfinished_code", unfinishedCode);
  inline.ruler.after("image", "unfinished_link", unfinishedLink);
  inline.ruler2.after("balance_pairs", "unfinished", closeDelimiters);
}

/** Code whose closing backticks have not arrived. */
function unfinishedCode(
  state: MarkdownIt.StateInline,
  silent: boolean,
): boolean {
  if (!parseOptions(state.env).isUnfinished) return false;
  const { src, pos } = state;
  if (src[pos] !== "`" || src[pos - 1] === "`") return false;
  const ticks = /`+/y;
  ticks.lastIndex = pos;
  const marker = ticks.exec(src)?.[0] ?? "";
  const from = pos + marker.length;
  if (hasClosing(src, from, marker.length)) return false;
  if (!silent) {
    const token = state.push("code_inline", "code", 0);
    token.markup = marker;
    token.content = src.slice(from, state.posMax).replace(/\n/g, " ");
  }
  state.pos = state.posMax;
  return true;
}

function hasClosing(text: string, from: number, length: number): boolean {
  for (const [run] of text.slice(from).matchAll(/`+/g)) {
    if (run.length === length) return true;
  }
  return false;
}

/** A link or a picture without its end: only its label. */
function unfinishedLink(
  state: MarkdownIt.StateInline,
  silent: boolean,
): boolean {
  if (!parseOptions(state.env).isUnfinished) return false;
  const { src, pos, posMax } = state;
  const isPicture = src.startsWith("![", pos);
  if (!isPicture && src[pos] !== "[") return false;
  const from = isPicture ? pos + 2 : pos + 1;
  const end = state.md.helpers.parseLinkLabel(state, from - 1, true);
  if (end < 0) {
    // The label itself goes on: only its bracket is left out.
    if (posMax - from > 300 || src.includes("]", from)) return false;
    state.pos = from;
    return true;
  }
  const rest = src.slice(end + 1, posMax);
  if (!/^(?:\([^\s)]*(?:[ \t]+["'][^"']*)?|\[[^\]]{0,200})?$/.test(rest)) {
    return false;
  }
  if (!silent) parseLabel(state, from, end);
  state.pos = posMax;
  state.posMax = posMax;
  return true;
}

/** Closes emphasis that is open at the end of the paragraph, from the innermost on. */
function closeDelimiters(state: MarkdownIt.StateInline): boolean {
  if (!parseOptions(state.env).isUnfinished) return false;
  const { delimiters } = state;
  let matchedTo = -1;
  const open: number[] = [];
  for (const [index, { end, open: isOpen }] of delimiters.entries()) {
    if (end >= 0) matchedTo = Math.max(matchedTo, end);
    else if (isOpen && index > matchedTo) open.push(index);
  }
  for (const index of open.toReversed()) {
    const opener = delimiters[index];
    if (!opener) continue;
    opener.end = delimiters.length;
    opener.close = false;
    const token = state.push("text", "", 0);
    token.content = state.tokens[opener.token]?.content ?? "";
    delimiters.push({
      ...opener,
      token: state.tokens.length - 1,
      end: -1,
      open: false,
      close: true,
    });
  }
  return false;
}
