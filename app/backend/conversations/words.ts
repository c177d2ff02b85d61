/** Where a text has the first of the words that are looked for; `undefined` if one is missing. */
export type Finder = (text: string) => number | undefined;

/** Characters shown on each side of what was found. */
const AROUND = 120;

/** Finds texts that have all of a query's words, in whatever case or accents. */
export function finder(query: string): Finder {
  const given = query.split(/\s+/).filter(Boolean);
  const words = given.map(fold);
  const wordsInPlace = given.map(foldInPlace);
  return (text) => {
    const folded = fold(text);
    if (words.length === 0 || !words.every((word) => folded.includes(word))) {
      return undefined;
    }
    const inPlace = foldInPlace(text);
    const places = wordsInPlace.map((word) => inPlace.indexOf(word));
    return Math.max(0, Math.min(...places));
  };
}

/** The part of a text around a place, in whole words where they aren't too long. */
export function excerpt(text: string, at: number): string {
  const from = at <= AROUND ? 0 : wordStart(text, at - AROUND);
  const end = Math.min(text.length, at + AROUND);
  const to = end === text.length ? end : wordStart(text, end);
  return `${from > 0 ? "… " : ""}${text.slice(from, to).trim()}${
    to < text.length ? " …" : ""
  }`;
}

function wordStart(text: string, near: number): number {
  const space = text.slice(near, near + 30).search(/\s/);
  return space === -1 ? near : near + space + 1;
}

function fold(text: string): string {
  return text
    .normalize("NFD")
    .replaceAll(/\p{M}+/gu, "")
    .toLowerCase();
}

/**
 * The same length as what it folds, or places in it would be others in the text. It takes ten times
 * as long as {@link fold}, and so is for what was found.
 */
function foldInPlace(text: string): string {
  return text.replaceAll(/./gsu, (character) => {
    const plain = character
      .normalize("NFD")
      .replaceAll(/\p{M}/gu, "")
      .toLowerCase();
    return plain.length === character.length ? plain : character.toLowerCase();
  });
}
