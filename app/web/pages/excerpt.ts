import { characterStart } from "../../core/domain/text";
import { rangesOf, wordsOf } from "../../core/domain/text-search";

/** A piece of a text; `hit` where it is one of the words that were looked for. */
export interface ExcerptPart {
  text: string;
  hit: boolean;
}

const BEFORE = 60;
const LENGTH = 240;

/** The stretch of a text around the first word of a query, with all of the words marked. */
export function excerptOf(text: string, query: string): ExcerptPart[] {
  const ranges = rangesOf(wordsOf(query), text);
  const begin = characterStart(
    text,
    Math.max(0, (ranges[0]?.from ?? 0) - BEFORE),
  );
  const end = characterStart(text, begin + LENGTH);
  const pieces: ExcerptPart[] = begin > 0 ? [{ text: "…", hit: false }] : [];
  let done = begin;
  for (const { from, to } of ranges) {
    if (from >= end) break;
    pieces.push({ text: text.slice(done, from), hit: false });
    done = Math.min(to, end);
    pieces.push({ text: text.slice(from, done), hit: true });
  }
  pieces.push({ text: text.slice(done, end), hit: false });
  if (end < text.length) pieces.push({ text: "…", hit: false });
  return pieces.filter((part) => part.text !== "");
}

/**
 * The words of a part of a Markdown text. A pattern does it, as the part may begin or end within a
 * table or a link, which no parser would recognise.
 */
export function withoutMarkup(part: string): string {
  return part
    .split("\n")
    .filter((line) => !ruleOrFence.test(line))
    .map((line) => (tableRow.test(line) ? cellsOf(line) : line))
    .map((line) => line.replace(blockMark, "$1"))
    .join("\n")
    .replace(/!?\[([^\]\n]*)\]\([^)\s]*\)/g, "$1")
    .replace(/\*\*|__|~~|`+/g, "")
    .replace(/(?<![\w*])([*_])(?=\S)([^*_\n]+)(?<=\S)\1(?![\w*])/g, "$2");
}

/** The line under a table's head, a thematic break, or the beginning or end of a code block. */
const ruleOrFence = /^(?:… )?(?:[\s|:-]*--[\s|:-]*(?: …)?|\s*(?:```|~~~).*)$/;
const tableRow = /^(?:… )?\s*\||\|\s*(?: …)?$/;
const blockMark = /^((?:… )?)\s*(?:#{1,6} |> ?|[-*+] )+/;

const cellsOf = (row: string): string =>
  row
    .split("|")
    .map((cell) => cell.trim())
    .filter((cell) => cell !== "")
    .join(" · ");
