import { rangesOf } from "../../core/domain/text-search";

/** Longer messages are not marked: folding a text takes time in which no reply is streamed. */
const MAX_LENGTH = 128 * 1024;

/** Elements within a line: a word can begin in one and end in another. */
const INLINE = new Set(
  "a abbr b code del em i ins kbd mark s small span strong sub sup u".split(
    " ",
  ),
);

/** Elements whose text is no text of the message, or can't have marks. */
const OPAQUE = new Set(["button", "math", "svg"]);

const token = /<[^>]*>|[^<]+/g;
const tagName = /^<(\/?)([a-z][a-z0-9]*)/;
const unit = /&(?:#x?[0-9a-f]+|[a-z]+);|[^]/gi;

const named: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  nbsp: "\u00a0",
};

/** A tag, or a character of the text as it is written in HTML. */
interface Unit {
  html: string;
  isTag: boolean;
}

/**
 * Marks all places of words in HTML that we rendered, each with an id: `hit-1` and so on. A word whose letters are in
 * several elements gets a mark in each of them.
 *
 * @param words See `wordsOf`.
 * @returns Also the number of places.
 */
export function markWords(
  html: string,
  words: readonly string[],
): { html: string; hits: number } {
  if (words.length === 0 || html.length > MAX_LENGTH) return { html, hits: 0 };
  const { units, text, unitAt } = read(html);
  const ranges = rangesOf(words, text);
  const hitOf = new Map<number, number>();
  for (const [hit, { from, to }] of ranges.entries()) {
    for (let at = from; at < to; at++) hitOf.set(unitAt[at]!, hit + 1);
  }
  return { html: write(units, hitOf), hits: ranges.length };
}

/** The text of HTML, with a line break for each element that is not within a line. */
function read(html: string) {
  const units: Unit[] = [];
  const unitAt: number[] = [];
  let text = "";
  let opaque: string | undefined;
  const add = (plain: string) => {
    text += plain;
    for (const _ of plain.split("")) unitAt.push(units.length);
  };
  for (const [part] of html.matchAll(token)) {
    const [, close, name = ""] = tagName.exec(part) ?? [];
    if (part.startsWith("<") || opaque) {
      if (!INLINE.has(name) && !opaque) add("\n");
      if (!opaque && OPAQUE.has(name) && !close) opaque = name;
      else if (close && name === opaque) opaque = undefined;
      units.push({ html: part, isTag: true });
      continue;
    }
    for (const [one] of part.matchAll(unit)) {
      add(decode(one));
      units.push({ html: one, isTag: false });
    }
  }
  return { units, text, unitAt };
}

function decode(one: string): string {
  if (one.length === 1) return one;
  const entity = one.slice(1, -1);
  if (!entity.startsWith("#")) return named[entity] ?? "\ufffc";
  const isHex = /^#x/i.test(entity);
  const code = parseInt(entity.slice(isHex ? 2 : 1), isHex ? 16 : 10);
  return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffc";
}

function write(units: readonly Unit[], hitOf: Map<number, number>): string {
  let html = "";
  let open = 0;
  let last = 0;
  for (const [index, one] of units.entries()) {
    const hit = one.isTag ? 0 : (hitOf.get(index) ?? 0);
    if (open && hit !== open) html += "</mark>";
    if (hit && hit !== open)
      html += hit > last ? `<mark id="hit-${hit}">` : "<mark>";
    open = hit;
    last = Math.max(last, hit);
    html += one.html;
  }
  return open ? `${html}</mark>` : html;
}
