import type MarkdownIt from "markdown-it";
import { parseOptions } from "./parse-options";
import { parseLabel } from "./references";

const opening =
  /<(sub|sup|kbd|mark|b|i|u|s|em|strong|small|del|ins|code|samp|var|cite|q)>/iy;
const lineBreak = /<br[ \t]*\/?>/iy;
const detailsLine = /^<details(?:[ \t]+open)?>[ \t]*/i;
const summary = /^[ \t]*<summary>([^]*?)<\/summary>[ \t]*/i;

/** The tags that models write, without attributes. All others are text. */
export function allowTags(markdown: MarkdownIt.MarkdownIt): void {
  const sources = new WeakMap<MarkdownIt.StateInline, Closings>();
  markdown.inline.ruler.before("autolink", "tag", (state, silent) => {
    if (state.src[state.pos] !== "<") return false;
    if (breakLine(state, silent)) return true;
    const closings = sources.get(state) ?? new Closings(state.src);
    sources.set(state, closings);
    return pairedTag(state, silent, closings);
  });
  markdown.block.ruler.before("reference", "details", details, {
    alt: ["paragraph", "list", "blockquote"],
  });
}

/** The closing tags of a paragraph: each is looked for once for all that it may close. */
class Closings {
  readonly #source: string;
  readonly #known = new Map<string, { from: number; at: number }>();

  constructor(source: string) {
    this.#source = source.toLowerCase();
  }

  /** The position of the next closing tag, or -1. */
  next(tag: string, from: number): number {
    const known = this.#known.get(tag);
    const isKnown =
      known && known.from <= from && (from <= known.at || known.at === -1);
    if (isKnown) return known.at;
    const at = this.#source.indexOf(`</${tag}>`, from);
    this.#known.set(tag, { from, at });
    return at;
  }
}

function breakLine(state: MarkdownIt.StateInline, silent: boolean): boolean {
  lineBreak.lastIndex = state.pos;
  const found = lineBreak.exec(state.src)?.[0];
  if (found === undefined) return false;
  if (!silent) state.push("hardbreak", "br", 0);
  state.pos += found.length;
  return true;
}

function pairedTag(
  state: MarkdownIt.StateInline,
  silent: boolean,
  closings: Closings,
): boolean {
  opening.lastIndex = state.pos;
  const [open = "", name] = opening.exec(state.src) ?? [];
  if (name === undefined) return false;
  const tag = name.toLowerCase();
  const from = state.pos + open.length;
  const found = closings.next(tag, from);
  const isClosed = found !== -1 && found < state.posMax;
  if (!isClosed && !parseOptions(state.env).isUnfinished) return false;
  const to = isClosed ? found : state.posMax;
  if (!silent) {
    state.push("tag_open", tag, 1);
    parseLabel(state, from, to);
    state.push("tag_close", tag, -1);
  }
  state.pos = isClosed ? to + tag.length + 3 : to;
  return true;
}

/** A part that opens, with Markdown inside. Without a closing tag, it ends with the text. */
function details(
  state: MarkdownIt.StateBlock,
  startLine: number,
  endLine: number,
  silent: boolean,
): boolean {
  const first = lineOf(state, startLine);
  const opened = detailsLine.exec(first)?.[0];
  const isIndented = (state.sCount[startLine] ?? 0) - state.blkIndent >= 4;
  if (opened === undefined || isIndented) return false;
  if (silent) return true;
  const { end, next } = closingLine(state, startLine, endLine);
  const open = state.push("details_open", "details", 1);
  open.block = true;
  const map: [number, number] = [startLine, next];
  open.map = map;
  const begin = pushSummary(state, startLine, end, first.slice(opened.length));
  const { parentType } = state;
  state.parentType = "blockquote";
  if (begin < end) state.md.block.tokenize(state, begin, end);
  state.parentType = parentType;
  state.push("details_close", "details", -1).block = true;
  state.line = next;
  return true;
}

/** The line of the closing tag, and the line after the block. */
function closingLine(
  state: MarkdownIt.StateBlock,
  startLine: number,
  endLine: number,
): { end: number; next: number } {
  let depth = 0;
  for (let line = startLine; line < endLine; line++) {
    if ((state.sCount[line] ?? 0) < state.blkIndent && !state.isEmpty(line)) {
      return { end: line, next: line };
    }
    const text = lineOf(state, line);
    if (detailsLine.test(text)) depth++;
    if (/<\/details>[ \t]*$/i.test(text)) depth--;
    if (depth === 0) {
      const isOwnLine = /^<\/details>/i.test(text);
      return { end: isOwnLine ? line : line + 1, next: line + 1 };
    }
  }
  return { end: endLine, next: endLine };
}

/** @returns the line of the content. */
function pushSummary(
  state: MarkdownIt.StateBlock,
  startLine: number,
  end: number,
  rest: string,
): number {
  let text = rest;
  let line = startLine + 1;
  const isInLine = /<summary>/i.test(rest);
  if (!isInLine && line < end) text += `\n${lineOf(state, line)}`;
  if (!summary.test(text.trimStart())) {
    pushInline(state, "summary", "Details", startLine);
    pushText(state, rest, startLine);
    return line;
  }
  if (!isInLine) line++;
  const [matched = "", title = ""] = summary.exec(text.trimStart()) ?? [];
  pushInline(state, "summary", title.trim() || "Details", startLine);
  pushText(state, text.trimStart().slice(matched.length), startLine);
  return line;
}

/** Text beside the tags, on their line. */
function pushText(state: MarkdownIt.StateBlock, text: string, line: number) {
  const content = text.replace(/<\/details>[ \t]*$/i, "").trim();
  if (content) pushInline(state, "paragraph", content, line);
}

function pushInline(
  state: MarkdownIt.StateBlock,
  type: "summary" | "paragraph",
  content: string,
  line: number,
): void {
  const tag = type === "summary" ? "summary" : "p";
  state.push(`${type}_open`, tag, 1).block = true;
  const inline = state.push("inline", "", 0);
  inline.content = content;
  inline.map = [line, line + 1];
  inline.children = [];
  state.push(`${type}_close`, tag, -1).block = true;
}

const lineOf = (state: MarkdownIt.StateBlock, line: number): string =>
  state.src.slice(
    (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0),
    state.eMarks[line],
  );
