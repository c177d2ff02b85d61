import type MarkdownIt from "markdown-it";

/** Longer formulas are not found. */
const MAX_LENGTH = 4_000;

const opening = /\\\(|\\\[|\$\$|\$(?=\S)|\\begin\{[a-z]{1,20}\*?\}/y;
const openingLine = /^(?:\\\[|\$\$|\\begin\{[a-z]{1,20}\*?\}.*)\s*$/;

/**
 * Keeps TeX formulas as they were written. Markdown would take their backslashes for escapes, and
 * lines that begin with a sign for lists.
 */
export function keepMath(markdown: MarkdownIt.MarkdownIt): void {
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
  if (end === undefined || end > state.posMax) return false;
  if (!silent) {
    state.push("math", "", 0).content = state.src.slice(state.pos, end);
  }
  state.pos = end;
  return true;
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

/** A dollar sign is more often a price: only text with a TeX command counts. */
function isFormula(source: string, from: number, to: number): boolean {
  const text = source.slice(from, to);
  const isOneLine = !text.includes("\n") && text.trimEnd() === text;
  return isOneLine && /\\[a-z{}\\]/i.test(text);
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
