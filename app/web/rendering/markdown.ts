import MarkdownIt from "markdown-it";
import cjkFriendly from "markdown-it-cjk-friendly";
import { codeBlock } from "./code-block";
import { escape } from "./escape";
import type { CodeMemory } from "./highlight";
import { linkAddresses } from "./links";
import { findMath, formulaHtml } from "./math";
import { Definitions, type ParseOptions, parseOptions } from "./parse-options";
import { findReferences, footnoteOpening } from "./references";
import type { Steps } from "./steps";
import { allowTags } from "./tags";
import { markTasks, taskItem } from "./tasks";
import { closeUnfinished, visibleInline } from "./unfinished";
import {
  BlockWork,
  countWork,
  environment,
  InlineWork,
  PauseError,
  TooComplexError,
  workLimits,
  type WorkLimits,
} from "./work-limits";

/** A top-level block: exactly one HTML element. */
export interface Block {
  /** The start of its source, in UTF-16 units. */
  start: number;
  html: string;
  /** True for a fenced code block. */
  isCode: boolean;
  /** The number of lines with which its rest must begin if the block is cut. */
  openingLines: number;
  /** True for the rest of a cut block, which can't be rendered without its opening lines. */
  continues?: boolean;
}

/** A model's headings are below the page's own `h1` and `h2`. */
const HEADING_SHIFT = 2;

export interface RenderOptions extends ParseOptions {
  limits?: WorkLimits;
  /** The HTML of paragraphs and formulas that were rendered before. */
  known?: ReadonlyMap<string, string>;
  /** Gets the HTML of all paragraphs and formulas. */
  used?: Map<string, string>;
  code?: CodeMemory;
  /** Stops after so many blocks. */
  atMost?: number;
}

/**
 * Renders Markdown by top-level blocks. A block that exceeds a limit is shown as plain text: the part
 * that was parsed, up to the next empty line.
 *
 * The definitions of links and footnotes are known before, or not at all, so that no block depends on
 * another: a text can be rendered from the start of any block on.
 */
export function* renderBlocks(
  source: string,
  options: RenderOptions = {},
): Steps<Block[]> {
  const { limits = workLimits, atMost = Infinity } = options;
  const starts = lineStarts(source);
  const blocks: Block[] = [];
  let line = 0;
  while (line < starts.length) {
    const first = line;
    const found = parseBlocks(source.slice(starts[first]), limits, options);
    for (const [index, { tokens, from, to }] of found.blocks.entries()) {
      const start = starts[first + from] ?? 0;
      const text = source.slice(start, starts[first + to]);
      const isLast =
        found.end === undefined && index === found.blocks.length - 1;
      const isUnfinished =
        options.isUnfinished === true && isLast && !endsWithEmptyLine(source);
      const html = yield* renderBlock(tokens, text, options, isUnfinished);
      blocks.push({ start, html, ...kindOf(tokens) });
      if (blocks.length >= atMost) return blocks;
    }
    yield;
    line = found.end === undefined ? starts.length : first + found.end;
    if (found.tooComplexTo === undefined) continue;
    const start = starts[line] ?? 0;
    line = first + found.tooComplexTo;
    while (line < starts.length && !isEmptyLine(source, starts[line])) line++;
    const html = plainBlock(source.slice(start, starts[line]));
    blocks.push({ start, html, isCode: false, openingLines: 0 });
  }
  return blocks;
}

/** Finds all definitions in a text. */
export function* definitionsIn(
  source: string,
  limits: WorkLimits,
): Steps<Definitions> {
  const found = new Definitions();
  if (!/^[ \t>]*\[[^\]\n]+\]:/m.test(source)) return found;
  let rest = source;
  while (rest !== "") {
    const { end, tooComplexTo } = parseBlocks(rest, limits, { found });
    yield;
    if (end === undefined) break;
    const starts = lineStarts(rest);
    rest = rest.slice(starts[end + (tooComplexTo ?? 0)] ?? rest.length);
  }
  return found;
}

interface ParsedBlocks {
  /** The tokens and lines of each block. */
  blocks: { tokens: MarkdownIt.Token[]; from: number; to: number }[];
  /** The line before which the parser stopped; `undefined` for the end of the text. */
  end?: number;
  /** The line after the known part of a block that begins there and exceeds a limit. */
  tooComplexTo?: number;
}

function parseBlocks(
  text: string,
  limits: WorkLimits,
  options: ParseOptions,
): ParsedBlocks {
  const tokens: MarkdownIt.Token[] = [];
  const work = new BlockWork(limits);
  const source = normalize(text);
  try {
    const env = environment(work, options);
    markdown.block.parse(source, markdown, env, tokens);
    return { blocks: topLevel(tokens) };
  } catch (error) {
    const isTooComplex = error instanceof TooComplexError;
    if (!isTooComplex && !(error instanceof PauseError)) throw error;
    const blocks = topLevel(tokens.slice(0, work.token));
    const tooComplexTo = isTooComplex ? work.lastLine + 1 : undefined;
    return { blocks, end: work.line, tooComplexTo };
  }
}

/** As the parser's own first step does. Most texts need nothing. */
function normalize(text: string): string {
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  return lines.includes("\0") ? lines.replaceAll("\0", "\ufffd") : lines;
}

function topLevel(all: MarkdownIt.Token[]): ParsedBlocks["blocks"] {
  const blocks: ParsedBlocks["blocks"] = [];
  let first = 0;
  for (const [index, token] of all.entries()) {
    if (token.level !== 0 || token.nesting === 1) continue;
    const tokens = all.slice(first, index + 1);
    const [from, to] = tokens[0]?.map ?? [0, 0];
    blocks.push({ tokens, from, to });
    first = index + 1;
  }
  return blocks;
}

function* renderBlock(
  tokens: MarkdownIt.Token[],
  text: string,
  options: RenderOptions,
  isUnfinished: boolean,
): Steps<string> {
  shiftHeadings(tokens);
  markTasks(tokens);
  setDirection(tokens);
  try {
    return (yield* renderTokens(tokens, options, isUnfinished)).trimEnd();
  } catch (error) {
    if (!(error instanceof TooComplexError)) throw error;
    return plainBlock(text);
  }
}

/** Balances the length of a step against the cost of its end. */
const TOKENS_PER_STEP = 200;

function* renderTokens(
  tokens: MarkdownIt.Token[],
  options: RenderOptions,
  isUnfinished: boolean,
): Steps<string> {
  const { renderer } = markdown;
  const env = environment(new InlineWork(workLimits), options);
  const last = tokens.findLastIndex(({ type }) => type === "inline");
  let html = "";
  for (const [index, { type, content, info }] of tokens.entries()) {
    if (type === "inline") {
      const isEnd = isUnfinished && index === last;
      html += yield* knownOrRendered(content, options, isEnd);
      yield;
    } else if (type === "fence" || type === "code_block") {
      html += yield* codeBlock(content, info, options);
      yield;
    } else {
      const rule = renderer.rules[type];
      html += rule
        ? rule(tokens, index, markdown.options, env, renderer)
        : renderer.renderToken(tokens, index, markdown.options);
      if (index % TOKENS_PER_STEP === 0) yield;
    }
  }
  return html;
}

function* knownOrRendered(
  content: string,
  options: RenderOptions,
  isUnfinished: boolean,
): Steps<string> {
  const { known, used } = options;
  const key = isUnfinished ? `unfinished ${content}` : `paragraph ${content}`;
  // Options are copied only for what is rendered: most paragraphs are known.
  const html =
    known?.get(key) ??
    (yield* renderInline(content, { ...options, isUnfinished }));
  used?.set(key, html);
  return html;
}

/** @throws TooComplexError */
function* renderInline(content: string, options: RenderOptions): Steps<string> {
  const { limits = workLimits, isUnfinished } = options;
  if (content.length > limits.inlineLength) throw new TooComplexError();
  const env = environment(new InlineWork(limits), options);
  const visible = isUnfinished ? visibleInline(content) : content;
  const [inline] = markdown.parseInline(visible, env);
  const tokens = inline?.children ?? [];
  const { renderer } = markdown;
  let html = "";
  for (const [index, { type, content: source }] of tokens.entries()) {
    if (type === "math") {
      html += yield* knownFormula(source, options);
      continue;
    }
    const rule = renderer.rules[type];
    html += rule
      ? rule(tokens, index, markdown.options, env, renderer)
      : renderer.renderToken(tokens, index, markdown.options);
  }
  return html;
}

function* knownFormula(
  source: string,
  { known, used }: RenderOptions,
): Steps<string> {
  const key = `formula ${source}`;
  const found = used?.get(key) ?? known?.get(key);
  const html = found ?? formulaHtml(source);
  used?.set(key, html);
  if (found === undefined) yield;
  return html;
}

function plainBlock(text: string): string {
  return (
    '<div class="unformatted"><p class="notice">This part is too complex to format. It is shown as plain text.</p>' +
    `<div class="plain">${escape(text.trimEnd())}</div></div>`
  );
}

function kindOf([first]: MarkdownIt.Token[]) {
  const isCode = first?.type === "fence";
  const isTable = first?.type === "table_open";
  return { isCode, openingLines: isCode ? 1 : isTable ? 2 : 0 };
}

/** True if a text ends with a line break and an empty line, which may have spaces. */
function endsWithEmptyLine(source: string): boolean {
  const end = skipSpacesBack(source, source.length);
  if (source[end - 1] !== "\n") return false;
  return source[skipSpacesBack(source, end - 1) - 1] === "\n";
}

function skipSpacesBack(source: string, from: number): number {
  let end = from;
  while (source[end - 1] === " " || source[end - 1] === "\t") end--;
  return end;
}

function isEmptyLine(source: string, start = 0): boolean {
  emptyLine.lastIndex = start;
  return emptyLine.test(source);
}

const emptyLine = /[ \t]*(?:\r|\n|$)/y;

function lineStarts(source: string): number[] {
  const starts = [0];
  for (const match of source.matchAll(/\r\n|\n|\r/g)) {
    starts.push(match.index + match[0].length);
  }
  return starts;
}

function createMarkdown(): MarkdownIt.MarkdownIt {
  const created = new MarkdownIt({ html: false, linkify: true });
  created.use(cjkFriendly).use(findMath).use(findReferences).use(allowTags);
  created.use(closeUnfinished).use(countWork);
  linkAddresses(created.linkify);
  created.validateLink = (url) => /^(https?:\/\/|mailto:)/i.test(url.trim());
  Object.assign(created.renderer.rules, rules);
  return created;
}

function shiftHeadings(tokens: MarkdownIt.Token[]): void {
  for (const token of tokens) {
    if (!token.type.startsWith("heading_")) continue;
    const level = Number(token.tag.slice(1)) + HEADING_SHIFT;
    token.tag = `h${Math.min(level, 6)}`;
  }
}

/** The outermost block decides on which side bullets, bars and columns begin, by its first letter. */
function setDirection([first]: MarkdownIt.Token[]): void {
  if (first && directed.has(first.type)) first.attrSet("dir", "auto");
}

const directed = new Set([
  "blockquote_open",
  "bullet_list_open",
  "details_open",
  "ordered_list_open",
  "table_open",
]);

const linkAttributes = 'rel="noreferrer noopener nofollow" target="_blank"';

const rules: Record<string, MarkdownIt.RendererRule> = {
  link_open: (tokens, index) =>
    `<a href="${escape(String(tokens[index]?.attrGet("href") ?? ""))}" ${linkAttributes}>`,
  // Loading a picture would report the reader to another host: it is shown as a link.
  image: (tokens, index) => {
    const token = tokens[index];
    const source = escape(String(token?.attrGet("src") ?? ""));
    const label = escape(token?.content || source);
    // Within a paragraph, only links have a level.
    return token && token.level > 0
      ? label
      : `<a href="${source}" ${linkAttributes}>${label}</a>`;
  },
  table_open: (tokens, index) =>
    `<div class="table" tabindex="0"${tokens[index]?.attrGet("dir") ? ' dir="auto"' : ""}><table>\n`,
  table_close: () => "</table></div>\n",
  list_item_open: (tokens, index, _options, env) =>
    taskItem(tokens[index], parseOptions(env ?? {}).locale),
  unfinished_math: () => '<span class="math">…</span>',
  footnote_open: (tokens, index, _options, env) =>
    footnoteOpening(tokens[index]?.info ?? "", env ?? {}),
  footnote_close: () => "</div></div>",
  th_open: (tokens, index) => cell("th", tokens[index]),
  td_open: (tokens, index) => cell("td", tokens[index]),
};

/** A class for the alignment, because the security policy forbids style attributes. */
function cell(tag: "th" | "td", token?: MarkdownIt.Token): string {
  const align = /text-align:(left|center|right)/.exec(
    String(token?.attrGet("style") ?? ""),
  )?.[1];
  return align ? `<${tag} class="${align}">` : `<${tag}>`;
}

/** Stateless, and slow to create. */
const markdown = createMarkdown();
