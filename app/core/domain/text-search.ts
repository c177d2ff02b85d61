import { characterStart } from "./text";

/*
 * A search compares folded text: case, width, compatibility forms and optional marks don't count.
 * Marks are optional in scripts whose readers leave them out: accents of Latin and Greek letters,
 * stress and diaeresis in Cyrillic, vowel points in Hebrew and Arabic. In all other scripts a mark
 * makes another letter, as in ハ and パ, or in कि and कु.
 */

/** A half-open range of code units. */
export interface Range {
  from: number;
  to: number;
}

/** Characters that join the one before: marks, Hangul vowels and finals, half-width sound marks. */
const JOINING =
  "\\p{M}\\u1160-\\u11ff\\ud7b0-\\ud7ff\\uff9e\\uff9f\\u200c\\u200d";

const clusters = new RegExp(`[^][${JOINING}]*`, "gu");
/** Skips ASCII without marks, for speed. */
const foldable = new RegExp(
  `[^\\0-\\x7f][${JOINING}]*|[\\0-\\x7f][${JOINING}]+`,
  "gu",
);

const ignorable = /\p{Default_Ignorable_Code_Point}/gu;
const optionalMark = new RegExp(
  [
    "(?<=(?=\\p{L})[\\p{Script=Latin}\\p{Script=Greek}]\\p{M}*)\\p{M}",
    "(?<=(?=\\p{L})[\\p{Script=Hebrew}\\p{Script=Arabic}]\\p{M}*)\\p{M}",
    "(?<=(?=\\p{L})\\p{Script=Cyrillic}\\p{M}*)[\\u0300\\u0301\\u0308]",
  ].join("|"),
  "gu",
);

/** Letters and signs that are often typed as others, and that no normalization changes. */
const typedAs: Record<string, string> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ħ: "h",
  ł: "l",
  ı: "i",
  ς: "σ",
  // Persian and Urdu keyboards have letters of their own for two Arabic ones.
  ی: "ي",
  ى: "ي",
  ک: "ك",
  // Arabic tatweel only stretches a word.
  "\u0640": "",
  "‘": "'",
  "’": "'",
  "‚": "'",
  ʼ: "'",
  "“": '"',
  "”": '"',
  "„": '"',
  "‐": "-",
  "–": "-",
  "—": "-",
};
const retyped = new RegExp(`[${Object.keys(typedAs).join("")}]`, "gu");

/** The words of a query, folded. A word of ignorable characters alone is left out. */
export const wordsOf = (query: string): string[] =>
  query
    .split(/\s+/)
    .map(fold)
    .filter((word) => word !== "");

export const hasWords = (words: readonly string[], text: string): boolean => {
  const folded = fold(text);
  return words.length > 0 && words.every((word) => folded.includes(word));
};

/** A text as it is compared. */
export const fold = (text: string): string =>
  text.replaceAll(foldable, foldCluster).toLowerCase();

/** The places of words (see {@link wordsOf}) in a text: whole characters, in order, none twice. */
export function rangesOf(words: readonly string[], text: string): Range[] {
  const { folded, places } = foldInPlace(text);
  const ranges: Range[] = [];
  for (const word of words) {
    let at = folded.indexOf(word);
    while (at !== -1) {
      const end = at + word.length;
      ranges.push({ from: places[at]!.from, to: places[end - 1]!.to });
      at = folded.indexOf(word, end);
    }
  }
  return merge(ranges);
}

/** Balances the time for which one slice blocks the process against the cost of a slice. */
const SLICE = 32 * 1024;
/** More than the longest query takes in a text, its optional marks included. */
const OVERLAP = 2 * 1024;

/** Overlapping slices of a text: each place of a query's word is whole in at least one. */
export function* slicesOf(
  text: string,
): Generator<{ at: number; slice: string }, void> {
  for (
    let near = 0;
    near === 0 || near + OVERLAP < text.length;
    near += SLICE
  ) {
    const at = characterStart(text, near);
    yield { at, slice: text.slice(at, near + SLICE + OVERLAP) };
  }
}

/** Balances memory against folding a character again. */
const MAX_CACHED = 20_000;
const cache = new Map<string, string>();

function foldCluster(cluster: string): string {
  const cached = cache.get(cluster);
  if (cached !== undefined) return cached;
  const folded = cluster
    .normalize("NFKD")
    .replaceAll(ignorable, "")
    .replaceAll(optionalMark, "")
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(retyped, (sign) => typedAs[sign] ?? sign);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(cluster, folded);
  return folded;
}

/** Folds a text, and finds the cluster of which each folded code unit was made: slower. */
function foldInPlace(text: string): { folded: string; places: Range[] } {
  let folded = "";
  const places: Range[] = [];
  for (const { 0: one, index } of text.matchAll(clusters)) {
    const part = foldCluster(one);
    folded += part;
    const range = { from: index, to: index + one.length };
    for (const _ of part.split("")) places.push(range);
  }
  return { folded, places };
}

function merge(ranges: Range[]): Range[] {
  const result: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else result.push({ ...range });
  }
  return result;
}
