/** A piece of a text; `hit` where it is one of the words that were looked for. */
export interface ExcerptPart {
  text: string;
  hit: boolean;
}

const BEFORE = 60;
const LENGTH = 240;

/** The stretch of a text around the first word that was looked for, with all of them marked. */
export function excerptOf(text: string, query: string): ExcerptPart[] {
  const words = query.split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return [{ text: text.slice(0, LENGTH), hit: false }];
  const pattern = new RegExp(words.map(escapePattern).join("|"), "giu");
  const first = Math.max(0, text.search(pattern));
  const begin = Math.max(0, first - BEFORE);
  const stretch = text.slice(begin, begin + LENGTH);
  const parts: ExcerptPart[] = begin > 0 ? [{ text: "…", hit: false }] : [];
  let end = 0;
  for (const match of stretch.matchAll(pattern)) {
    parts.push({ text: stretch.slice(end, match.index), hit: false });
    parts.push({ text: match[0], hit: true });
    end = match.index + match[0].length;
  }
  parts.push({ text: stretch.slice(end), hit: false });
  if (begin + LENGTH < text.length) parts.push({ text: "…", hit: false });
  return parts.filter((part) => part.text !== "");
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
