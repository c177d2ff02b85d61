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
  const parts: ExcerptPart[] = begin > 0 ? [{ text: "…", hit: false }] : [];
  let done = begin;
  for (const { from, to } of ranges) {
    if (from >= end) break;
    parts.push({ text: text.slice(done, from), hit: false });
    done = Math.min(to, end);
    parts.push({ text: text.slice(from, done), hit: true });
  }
  parts.push({ text: text.slice(done, end), hit: false });
  if (end < text.length) parts.push({ text: "…", hit: false });
  return parts.filter((part) => part.text !== "");
}
