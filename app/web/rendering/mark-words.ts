import { fold, type Range, rangesOf } from "../../core/domain/text-search";

/** Longer messages are not marked: folding a text takes time in which no reply is streamed. */
const MAX_LENGTH = 256 * 1024;
/** In a text with more hits, the first are marked. */
const MAX_HITS = 500;

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
const entity = /&(?:#x?[0-9a-f]+|[a-z]+);/gi;
const unit = /&(?:#x?[0-9a-f]+|[a-z]+);|[^]/gi;

const named: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  nbsp: "\u00a0",
};

/** A tag, or a text between two tags. */
interface Token {
  html: string;
  isTag: boolean;
  /** Its place in the text. */
  from: number;
  to: number;
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
  const { tokens, text } = read(html);
  const ranges = rangesIn(text, words);
  if (ranges.length === 0) return { html, hits: 0 };
  return { html: new Writer(ranges).write(tokens), hits: ranges.length };
}

/** The text of HTML, with a line break for each element that is not within a line. */
function read(html: string): { tokens: Token[]; text: string } {
  const tokens: Token[] = [];
  let text = "";
  let opaque: string | undefined;
  for (const [part] of html.matchAll(token)) {
    const [, close, name = ""] = tagName.exec(part) ?? [];
    const isTag = part.startsWith("<") || opaque !== undefined;
    const from = text.length;
    if (!isTag) text += part.replace(entity, decode);
    else if (!opaque && !INLINE.has(name)) text += "\n";
    if (opaque === undefined && OPAQUE.has(name) && !close) opaque = name;
    else if (close && name === opaque) opaque = undefined;
    tokens.push({ html: part, isTag, from, to: text.length });
  }
  return { tokens, text };
}

/** Line by line: to find the exact places takes longer than to see that there are none. */
function rangesIn(text: string, words: readonly string[]): Range[] {
  const ranges: Range[] = [];
  let at = 0;
  for (const line of text.split("\n")) {
    if (ranges.length >= MAX_HITS) break;
    const folded = fold(line);
    if (words.some((word) => folded.includes(word))) {
      for (const { from, to } of rangesOf(words, line)) {
        ranges.push({ from: at + from, to: at + to });
      }
    }
    at += line.length + 1;
  }
  return ranges.slice(0, MAX_HITS);
}

function decode(one: string): string {
  const body = one.slice(1, -1);
  if (!body.startsWith("#")) return named[body] ?? "\ufffc";
  const isHex = /^#x/i.test(body);
  const code = parseInt(body.slice(isHex ? 2 : 1), isHex ? 16 : 10);
  return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffc";
}

class Writer {
  private html = "";
  /** The range that comes next, or is being written. */
  private next = 0;
  /** The number of ranges that have begun: only the first mark of each has an id. */
  private begun = 0;

  constructor(private readonly ranges: readonly Range[]) {}

  write(tokens: readonly Token[]): string {
    for (const one of tokens) {
      if (one.isTag || !this.hasHit(one)) this.html += one.html;
      else this.writeText(one);
    }
    return this.html;
  }

  private hasHit({ from, to }: Token): boolean {
    while ((this.ranges[this.next]?.to ?? Infinity) <= from) this.next += 1;
    return (this.ranges[this.next]?.from ?? Infinity) < to;
  }

  private writeText({ html, from }: Token): void {
    let at = from;
    let isOpen = false;
    for (const [one] of html.matchAll(unit)) {
      const range = this.ranges[this.next];
      if (isOpen && range && at >= range.to) {
        this.html += "</mark>";
        isOpen = false;
        this.next += 1;
      }
      const { from: begin = Infinity } = this.ranges[this.next] ?? {};
      if (!isOpen && at >= begin) {
        this.html += this.begin();
        isOpen = true;
      }
      this.html += one;
      at += one.length === 1 ? 1 : decode(one).length;
    }
    if (isOpen) this.html += "</mark>";
  }

  private begin(): string {
    if (this.begun > this.next) return "<mark>";
    this.begun = this.next + 1;
    return `<mark id="hit-${this.begun}">`;
  }
}
