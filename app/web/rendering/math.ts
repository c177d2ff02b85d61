import type MarkdownIt from "markdown-it";
import { escape } from "./escape";
import { renderFormula } from "./formula";
import { parseOptions } from "./parse-options";

/** Longer formulas are not found. */
const MAX_LENGTH = 4_000;

const opening = /\\\(|\\\[|\$\$|\$(?=\S)|\\begin\{[a-z]{1,20}\*?\}/y;
const openingLine = /^(?:\\\[|\$\$|\\begin\{[a-z]{1,20}\*?\}.*)\s*$/;

/**
 * Finds TeX formulas. Markdown would take their backslashes for escapes, and lines that begin with a
 * sign for lists.
 */
export function findMath(markdown: MarkdownIt.MarkdownIt): void {
  const closings = new WeakMap<MarkdownIt.StateInline, Closings>();
  markdown.inline.ruler.before("escape", "math", (state, silent) => {
    const known = closings.get(state) ?? new Map();
    closings.set(state, known);
    return inlineMath(state, silent, known);
  });
  markdown.block.ruler.before("fence", "math", displayMath, {
    alt: ["paragraph", "blockquote", "list"],
  });
}

/** By delimiter: the closing one that was found last, and where the search began. */
type Closings = Map<string, { from: number; at: number }>;

function inlineMath(
  state: MarkdownIt.StateInline,
  silent: boolean,
  closings: Closings,
): boolean {
  const end = formulaEnd(state.src, state.pos, closings);
  if (end === undefined || end > state.posMax) {
    return (
      parseOptions(state.env).isUnfinished === true &&
      unfinishedMath(state, silent)
    );
  }
  if (!silent) {
    state.push("math", "", 0).content = state.src.slice(state.pos, end);
  }
  state.pos = end;
  return true;
}

/** A formula that has not arrived completely: a sign that one will follow, instead of its source. */
function unfinishedMath(
  state: MarkdownIt.StateInline,
  silent: boolean,
): boolean {
  const { src, pos, posMax } = state;
  if (src[pos] === "$" && pos + 1 === posMax) {
    state.pos = posMax;
    return true;
  }
  opening.lastIndex = pos;
  const open = opening.exec(src)?.[0];
  if (open === undefined) return false;
  const from = pos + open.length;
  if (src.length - from > MAX_LENGTH) return false;
  if (src.includes(closingOf(open), from)) return false;
  const text = src.slice(from);
  if (open === "$" && !(isPossible(src, from) && isTex(text.trim()))) {
    return false;
  }
  if (!silent) state.push("unfinished_math", "", 0);
  state.pos = posMax;
  return true;
}

/** The HTML of a formula with its delimiters. */
export function formulaHtml(source: string): string {
  const display = /^(?:\\\[|\$\$|\\begin)/.test(source);
  const isEnvironment = source.startsWith("\\begin");
  const width = source.startsWith("$") && !source.startsWith("$$") ? 1 : 2;
  const tex = isEnvironment ? source : source.slice(width, -width);
  const html = renderFormula(tex, display);
  if (html === undefined) {
    return `<span class="math">${escape(source)}</span>`;
  }
  // A formula that is wider than the page scrolls.
  return display ? `<span class="formula" tabindex="0">${html}</span>` : html;
}

function formulaEnd(
  source: string,
  start: number,
  closings: Closings,
): number | undefined {
  opening.lastIndex = start;
  const open = opening.exec(source)?.[0];
  if (open === undefined) return undefined;
  const close = closingOf(open);
  const from = start + open.length;
  const at = closingAt(source, close, from, closings);
  const end = at + close.length;
  if (end > start + MAX_LENGTH) return undefined;
  return open === "$" && !isFormula(source, from, at) ? undefined : end;
}

/** Looks for a delimiter once for all formulas that it may close; Infinity if there is none. */
function closingAt(
  source: string,
  close: string,
  from: number,
  closings: Closings,
): number {
  const known = closings.get(close);
  if (known && known.from <= from && from <= known.at) return known.at;
  const found = source.indexOf(close, from);
  const at = found === -1 ? Infinity : found;
  closings.set(close, { from, at });
  return at;
}

function closingOf(open: string): string {
  if (open.startsWith("$")) return open;
  return open.replace("(", ")").replace("[", "]").replace("begin", "end");
}

/** Between single dollar signs. They are more often prices, or the names of variables in a shell. */
function isFormula(source: string, from: number, to: number): boolean {
  const text = source.slice(from, to);
  const isTight = text !== "" && !/^\s|\s$|\n/.test(text);
  return (
    isTight &&
    isPossible(source, from) &&
    !/[\p{L}\p{N}]/u.test(source[to + 1] ?? "") &&
    isTex(text)
  );
}

/** False for the sign of a currency: US$5. */
const isPossible = (source: string, from: number) =>
  !/[\p{L}\p{N}$]/u.test(source[from - 2] ?? "");

/** Text of words is no formula, unless it has a command; and after a price come words. */
function isTex(text: string): boolean {
  if (/\\[a-z{}\\]/i.test(text)) return true;
  if (/\p{L}{2,}\s+\p{L}{2,}|\s\p{L}{3,}\s/u.test(text)) return false;
  if (/^\d/.test(text)) return !/\p{L}{2,}/u.test(text);
  return /[=^_]/.test(text) || !/\p{L}{4,}|^[A-Z]{3,}$/u.test(text);
}

/**
 * A formula whose opening delimiter has a line of its own: all lines to the closing one, or to an
 * empty line while that has not arrived.
 */
function displayMath(
  state: MarkdownIt.StateBlock,
  startLine: number,
  endLine: number,
  silent: boolean,
): boolean {
  const first = lineOf(state, startLine);
  if (!isInBlock(state, startLine) || !openingLine.test(first)) return false;
  const open = /^\\begin\{.*?\}|^../.exec(first)?.[0] ?? "";
  const close = closingOf(open);
  if (first.includes(close, open.length)) return false;
  if (silent) return true;
  let line = startLine + 1;
  while (line < endLine && continuesMath(state, line)) {
    if (lineOf(state, line++).includes(close)) break;
  }
  state.line = line;
  const map: [number, number] = [startLine, line];
  state.push("formula_open", "p", 1).map = map;
  const inline = state.push("inline", "", 0);
  inline.content = state
    .getLines(startLine, line, state.blkIndent, false)
    .trim();
  inline.map = map;
  inline.children = [];
  state.push("formula_close", "p", -1);
  return true;
}

const lineOf = (state: MarkdownIt.StateBlock, line: number): string =>
  state.src.slice(
    (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0),
    state.eMarks[line],
  );

function isInBlock(state: MarkdownIt.StateBlock, line: number): boolean {
  const indent = (state.sCount[line] ?? -1) - state.blkIndent;
  return indent >= 0 && indent < 4;
}

function continuesMath(state: MarkdownIt.StateBlock, line: number): boolean {
  const isInside = (state.sCount[line] ?? -1) >= state.blkIndent;
  return (
    isInside && !state.isEmpty(line) && !/^(```|~~~)/.test(lineOf(state, line))
  );
}
