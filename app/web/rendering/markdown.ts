import MarkdownIt from "markdown-it";
import cjkFriendly from "markdown-it-cjk-friendly";
import { linkAddresses } from "./links";
import { keepMath } from "./math";

/** A top-level block: exactly one HTML element. */
export interface Block {
  /** The start of its source, in UTF-16 units. */
  start: number;
  html: string;
}

/** A model's headings are below the page's own `h1` and `h2`. */
const HEADING_SHIFT = 2;

/**
 * Renders Markdown by top-level blocks.
 *
 * Reference definitions are disabled, so that no block depends on another: a text can be rendered from
 * the start of any block on.
 */
export function renderBlocks(source: string): Block[] {
  const tokens = markdown.parse(source, {});
  const lines = lineStarts(source);
  const blocks: Block[] = [];
  let first = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token || token.level !== 0 || token.nesting === 1) continue;
    const line = tokens[first]?.map?.[0] ?? 0;
    blocks.push({
      start: lines[line] ?? 0,
      html: markdown.renderer
        .render(tokens.slice(first, i + 1), markdown.options, {})
        .trimEnd(),
    });
    first = i + 1;
  }
  return blocks;
}

export function renderMarkdown(source: string): string {
  return renderBlocks(source)
    .map((block) => block.html)
    .join("");
}

function lineStarts(source: string): number[] {
  const starts = [0];
  for (const match of source.matchAll(/\r\n|\n|\r/g)) {
    starts.push(match.index + match[0].length);
  }
  return starts;
}

function createMarkdown(): MarkdownIt.MarkdownIt {
  const created = new MarkdownIt({ html: false, linkify: true });
  created.use(cjkFriendly).use(keepMath);
  created.disable("reference");
  linkAddresses(created.linkify);
  created.validateLink = (url) => /^(https?:\/\/|mailto:)/i.test(url.trim());
  created.core.ruler.push("headings", shiftHeadings);
  created.core.ruler.push("direction", setDirection);
  Object.assign(created.renderer.rules, rules);
  return created;
}

function shiftHeadings(state: MarkdownIt.StateCore): void {
  for (const token of state.tokens) {
    if (!token.type.startsWith("heading_")) continue;
    const level = Number(token.tag.slice(1)) + HEADING_SHIFT;
    token.tag = `h${Math.min(level, 6)}`;
  }
}

/** The outermost block decides on which side bullets, bars and columns begin, by its first letter. */
function setDirection(state: MarkdownIt.StateCore): void {
  for (const token of state.tokens) {
    const isOutermost = token.level === 0 && token.nesting === 1;
    if (isOutermost && directed.has(token.type)) token.attrSet("dir", "auto");
  }
}

const directed = new Set([
  "blockquote_open",
  "bullet_list_open",
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
    return isInLink(tokens, index)
      ? label
      : `<a href="${source}" ${linkAttributes}>${label}</a>`;
  },
  fence: (tokens, index) => {
    const token = tokens[index];
    const language = /^[\w+#.-]{1,30}/.exec(token?.info.trim() ?? "")?.[0];
    return codeBlock(token?.content ?? "", language);
  },
  code_block: (tokens, index) => codeBlock(tokens[index]?.content ?? ""),
  table_open: (tokens, index) =>
    `<div class="table" tabindex="0"${tokens[index]?.attrGet("dir") ? ' dir="auto"' : ""}><table>\n`,
  table_close: () => "</table></div>\n",
  math: (tokens, index) =>
    `<span class="math">${escape(tokens[index]?.content ?? "")}</span>`,
  th_open: (tokens, index) => cell("th", tokens[index]),
  td_open: (tokens, index) => cell("td", tokens[index]),
};

/** Its label and button are drawn by the style sheet, so that no selection or screen reader takes them for text. */
function codeBlock(code: string, language?: string): string {
  const label = language ? ` data-language="${escape(language)}"` : "";
  return (
    `<div class="code"${label}><button type="button" class="bare copy" data-copy="code" aria-label="Copy"></button>` +
    `<pre tabindex="0"><code>${escape(code)}</code></pre></div>\n`
  );
}

/** A class for the alignment, because the security policy forbids style attributes. */
function cell(tag: "th" | "td", token?: MarkdownIt.Token): string {
  const align = /text-align:(left|center|right)/.exec(
    String(token?.attrGet("style") ?? ""),
  )?.[1];
  return align ? `<${tag} class="${align}">` : `<${tag}>`;
}

function isInLink(tokens: MarkdownIt.Token[], index: number): boolean {
  return (
    tokens
      .slice(0, index)
      .filter(({ type }) => type === "link_open" || type === "link_close")
      .at(-1)?.type === "link_open"
  );
}

export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? "");
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Stateless, and slow to create. */
const markdown = createMarkdown();
