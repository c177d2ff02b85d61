import type MarkdownIt from "markdown-it";

/** Longer formulas are not found. Bounds the time for a text full of opening delimiters. */
const MAX_LENGTH = 4_000;

const opening = /\\\(|\\\[|\$\$|\$(?=\S)|\\begin\{[a-z]{1,20}\*?\}/y;
const openingLine = /^(?:\\\[|\$\$|\\begin\{[a-z]{1,20}\*?\}.*)\s*$/;

/**
 * Keeps TeX formulas as they were written. Markdown would take their backslashes for escapes, and
 * lines that begin with a sign for lists.
 */
export function keepMath(markdown: MarkdownIt.MarkdownIt): void {
  markdown.inline.ruler.before("escape", "math", inlineMath);
  markdown.block.ruler.before("fence", "math", displayMath, {
    alt: ["paragraph", "blockquote", "list"],
  });
}

function inlineMath(state: MarkdownIt.StateInline, silent: boolean): boolean {
  const end = formulaEnd(state.src, state.pos);
  if (end === undefined || end > state.posMax) return false;
  if (!silent) {
    state.push("math", "", 0).content = state.src.slice(state.pos, end);
  }
  state.pos = end;
  return true;
}

function formulaEnd(source: string, start: number): number | undefined {
  opening.lastIndex = start;
  const open = opening.exec(source)?.[0];
  if (open === undefined) return undefined;
  const close = closingOf(open);
  const from = start + open.length;
  const length = source.slice(from, start + MAX_LENGTH).indexOf(close);
  if (length < 0) return undefined;
  const end = from + length + close.length;
  return open === "$" && !isFormula(source, from, end - 1) ? undefined : end;
}

function closingOf(open: string): string {
  if (open.startsWith("$")) return open;
  return open.replace("(", ")").replace("[", "]").replace("begin", "end");
}

/** A dollar sign is more often a price: only text with a TeX command counts. */
function isFormula(source: string, from: number, to: number): boolean {
  const text = source.slice(from, to);
  return /\\[a-z{}\\]/i.test(text) && !/\n|\s$/.test(text);
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
