import type MarkdownIt from "markdown-it";
import { escape } from "./escape";
import { parseOptions } from "./parse-options";

/** A definition of a link, on one line. Its title is not shown. */
const linkDefinition =
  /^\[([^[\]^][^[\]]{0,200})\]:[ \t]*(?:<([^<>\s]*)>|(\S+))(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*$/;

const footnoteDefinition = /^\[\^([^\s[\]]{1,50})\]:[ \t]*(?=\S)/;
const footnote = /\[\^([^\s[\]]{1,50})\]/y;
const label = /\[([^[\]]{0,200})\]/y;

/**
 * Links by reference, and footnotes. A footnote is shown where it is defined, with its label as its
 * number, so that no block depends on another. While a text grows, its definitions are not known: a
 * reference is assumed to have one, and links are made when the text has ended.
 */
export function findReferences(markdown: MarkdownIt.MarkdownIt): void {
  const { block, inline, renderer } = markdown;
  // Also below a paragraph, as models write them.
  block.ruler.at("reference", defineLink, {
    alt: ["paragraph", "list", "blockquote"],
  });
  block.ruler.before("reference", "footnote", defineFootnote, {
    alt: ["paragraph", "list", "blockquote"],
  });
  inline.ruler.before("link", "footnote", footnoteReference);
  inline.ruler.after("link", "reference", assumedReference);
  renderer.rules["footnote"] = (tokens, index, _options, env) => {
    const name = tokens[index]?.content ?? "";
    const id = footnoteId(name, env);
    return `<sup><a href="#${encodeURIComponent(id)}" role="doc-noteref">${escape(name)}</a></sup>`;
  };
}

/** Of the ids in a message's text. */
export const idPrefixOf = (number: number): string => `m${number}-`;

/** The opening tag of a footnote and its label. */
export const footnoteOpening = (name: string, env: MarkdownIt.Env): string =>
  `<div class="footnote" id="${escape(footnoteId(name, env))}" role="doc-footnote"><span>${escape(name)}</span><div>`;

const footnoteId = (name: string, env: MarkdownIt.Env = {}) =>
  `fn-${parseOptions(env).idPrefix ?? ""}${name}`;

function defineLink(
  state: MarkdownIt.StateBlock,
  startLine: number,
  _endLine: number,
  silent: boolean,
): boolean {
  if (isIndented(state, startLine)) return false;
  const [, name, pointed, bare] =
    linkDefinition.exec(lineOf(state, startLine)) ?? [];
  if (name === undefined) return false;
  const href = state.md.normalizeLink(pointed ?? bare ?? "");
  if (!state.md.validateLink(href)) return false;
  if (silent) return true;
  const { found } = parseOptions(state.env);
  if (found) {
    found.hasReferences = true;
    found.links[normalize(state.md, name)] ??= { href, title: "" };
  }
  state.line = startLine + 1;
  return true;
}

function defineFootnote(
  state: MarkdownIt.StateBlock,
  startLine: number,
  endLine: number,
  silent: boolean,
): boolean {
  if (isIndented(state, startLine)) return false;
  const [opening = "", name] =
    footnoteDefinition.exec(lineOf(state, startLine)) ?? [];
  if (name === undefined) return false;
  if (silent) return true;
  const { found } = parseOptions(state.env);
  if (found) {
    found.hasReferences = true;
    found.footnotes.add(normalize(state.md, name));
  }
  const open = state.push("footnote_open", "div", 1);
  open.info = name;
  const map: [number, number] = [startLine, startLine + 1];
  open.map = map;
  parseInside(state, startLine, endLine, opening.length);
  state.push("footnote_close", "div", -1);
  map[1] = state.line;
  return true;
}

/** Parses the first line without its opening, and the lines that are indented below it. */
function parseInside(
  state: MarkdownIt.StateBlock,
  line: number,
  endLine: number,
  opening: number,
): void {
  const { parentType, blkIndent } = state;
  const [begin, shift, count] = [
    state.bMarks[line] ?? 0,
    state.tShift[line] ?? 0,
    state.sCount[line] ?? 0,
  ];
  state.bMarks[line] = begin + shift + opening;
  state.tShift[line] = 0;
  state.blkIndent = blkIndent + 4;
  state.sCount[line] = state.blkIndent;
  state.parentType = "blockquote";
  state.md.block.tokenize(state, line, endLine);
  state.parentType = parentType;
  state.blkIndent = blkIndent;
  state.bMarks[line] = begin;
  state.tShift[line] = shift;
  state.sCount[line] = count;
}

function footnoteReference(
  state: MarkdownIt.StateInline,
  silent: boolean,
): boolean {
  footnote.lastIndex = state.pos;
  const [source = "", name] = footnote.exec(state.src) ?? [];
  if (name === undefined) return false;
  const { definitions, found } = parseOptions(state.env);
  if (definitions && !definitions.footnotes.has(normalize(state.md, name))) {
    return false;
  }
  if (found) found.hasReferences = true;
  if (!silent) state.push("footnote", "", 0).content = name;
  state.pos += source.length;
  return true;
}

/** `[text][label]` while the definition may follow: the text, without a link. */
function assumedReference(
  state: MarkdownIt.StateInline,
  silent: boolean,
): boolean {
  const { definitions, found } = parseOptions(state.env);
  const { pos, posMax, src } = state;
  if (src[pos] !== "[" || /[\w\]]/.test(src[pos - 1] ?? "")) return false;
  // Also if all definitions are known: the work must be the same.
  const end = state.md.helpers.parseLinkLabel(state, pos, true);
  if (end < 0 || definitions) return false;
  label.lastIndex = end + 1;
  const following = label.exec(src)?.[0];
  if (following === undefined || end + 1 + following.length > posMax) {
    return false;
  }
  if (found) found.hasReferences = true;
  if (!silent) parseLabel(state, pos + 1, end);
  state.pos = end + 1 + following.length;
  state.posMax = posMax;
  return true;
}

/** Parses a part of a paragraph. */
export function parseLabel(
  state: MarkdownIt.StateInline,
  from: number,
  to: number,
): void {
  const { posMax } = state;
  state.pos = from;
  state.posMax = to;
  state.md.inline.tokenize(state);
  state.posMax = posMax;
}

const normalize = (md: MarkdownIt.MarkdownIt, name: string) =>
  md.utils.normalizeReference(name);

const isIndented = (state: MarkdownIt.StateBlock, line: number) =>
  (state.sCount[line] ?? 0) - state.blkIndent >= 4;

const lineOf = (state: MarkdownIt.StateBlock, line: number): string =>
  state.src.slice(
    (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0),
    state.eMarks[line],
  );
