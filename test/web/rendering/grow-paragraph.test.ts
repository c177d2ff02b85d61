import { growParagraph } from "../../../app/web/rendering/grow-paragraph";
import {
  GrowingMarkdown,
  htmlOf,
  renderUnfinished,
} from "../../../app/web/rendering/growing-markdown";
import type { Block } from "../../../app/web/rendering/markdown";
import { finish } from "../../../app/web/rendering/steps";
import { fc, runs } from "../../support/fast-check";

const whole = (text: string) => htmlOf(finish(renderUnfinished(text)));

/** The HTML after each piece of a text that grows. */
function htmlAfterEach(pieces: string[]): string[] {
  const growing = new GrowingMarkdown();
  const stable: Block[] = [];
  return pieces.map((piece) => {
    stable.push(...finish(growing.append(piece)));
    return htmlOf(stable) + htmlOf(growing.pending);
  });
}

const paragraph = (html: string): Block => ({
  start: 0,
  html,
  isCode: false,
  openingLines: 0,
});

const beginnings = [
  "Some words",
  "A **bold** beginning",
  "**Bold that is open",
  "`Code that is open",
  "- an item",
  "1. an item\n2. another",
  "> a quote\n> of two lines",
  "> - a list in a quote",
  "# A heading",
  "| a | b |\n|---|---|\n| c",
  "```\ncode",
  "    code",
  "[a label",
  "[a link](https://example.org",
  "see https://example.org/a",
  "example",
  "a line\n12",
  "a line  \nanother",
  "costs $5",
  "\\(x",
  "a &amp",
  "a <b",
  "**a**",
  "*a*b",
  "a_b",
  "Term\n: meaning",
  "a footnote[^1",
  "<details><summary>More</summary>\n\ntext",
  "٣ عربي",
  "日本語**の**テスト",
];
const endings = [
  " and more",
  "s",
  " 3.14 is pi.",
  ".com",
  ".",
  ", then",
  " it's over - or not",
  "é",
  "  ",
  " ",
  "\n",
  "*",
  "1.",
  "_",
  "`",
  "]",
  ")",
  ";",
];

describe("a paragraph that grows by plain words", () => {
  it.each(beginnings)("has the HTML of its whole text after %j", (begin) => {
    for (const first of endings) {
      for (const second of endings.slice(0, 9)) {
        const text = begin + first + second;
        const grown = htmlAfterEach([begin, first, second]);
        expect([text, grown.at(-1)]).toEqual([text, whole(text)]);
      }
    }
  });

  it.each([
    "Text\n1. item\n2) more\n> 3. quoted",
    "Text\n> 1. item\n> 12. item",
    "- item\n  1. inner\n  - inner\n    + last",
    "Text\n- item\n* item\n+ item",
    "1. one\n1. two\n\n   more\n2. two",
    "Text\n# heading\nmore\n## heading ##\nmore",
    "Text\n===\nmore\n---\nmore",
    "Text\n    1. no list\n\n    code",
    "- [ ] task\n- [x] done",
    "| a | b |\n|---|---|\n| c | d |\nmore",
    "Text\n```js\nlet a\n```\nmore",
    "Text\r\n1. item\r\n2. item",
    "Text\n123456789. item\n1234567890. no item",
  ])("has the HTML of its whole text at every split of %j", (text) => {
    const expected = Array.from(text, (_, i) => whole(text.slice(0, i + 1)));
    expect(htmlAfterEach(text.split(""))).toEqual(expected);
    for (let first = 1; first < text.length; first++) {
      for (let second = first + 1; second <= text.length; second++) {
        const pieces = [text.slice(0, first), text.slice(first, second)];
        const grown = htmlAfterEach(pieces).at(-1);
        const known = [pieces, expected[second - 1]];
        expect([pieces, grown]).toEqual(known);
      }
    }
  });

  it("has the HTML of its whole text between marks of blocks", () => {
    const mark = fc.constantFrom(
      ..."1.|2)|-|+|*|#|##|>|```|~~~|---|===|:|1|12.".split("|"),
    );
    const space = fc.constantFrom(" ", "  ", "\n", "\n\n", "\n  ", "\n    ");
    const piece = fc.oneof(mark, space, fc.constantFrom("a", "word", " two"));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const grown = htmlAfterEach(pieces);
        const texts = pieces.map((_, i) => pieces.slice(0, i + 1).join(""));
        expect(grown).toEqual(texts.map(whole));
      }),
      { numRuns: runs(500) },
    );
  });

  it("has the HTML of its whole text after each piece, whatever the text", () => {
    const piece = fc.oneof(
      fc.constantFrom(...beginnings, ...endings),
      fc.stringMatching(/^[ ]?[a-z]{1,6}$/),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const grown = htmlAfterEach(pieces);
        const texts = pieces.map((_, i) => pieces.slice(0, i + 1).join(""));
        expect(grown).toEqual(texts.map(whole));
      }),
      { numRuns: runs(300) },
    );
  });

  it("is not rendered again", () => {
    const block = paragraph("<p>Some words</p>");
    expect(growParagraph(block, "Some words ", "and more.")?.html).toBe(
      "<p>Some words and more.</p>",
    );
    const list = paragraph("<ul>\n<li>an <em>item</em> of</li>\n</ul>");
    expect(growParagraph(list, "- an *item* of", " two")?.html).toBe(
      "<ul>\n<li>an <em>item</em> of two</li>\n</ul>",
    );
  });

  it.each([
    ["<p><em>Some words</em></p>", "*Some words", " more"],
    ["<p>Some words</p>", "Some words", " *more"],
    ["<p>Some words</p>", "Some words", "\nmore"],
    ["<p>Some words</p>", "Some words\n", "more"],
    ["<p>example</p>", "example", ".com"],
    ["<p>a label</p>", "[a label", " more"],
    ["<pre><code>words\n</code></pre>", "    words", " more"],
  ])(
    "is rendered again if it could mean something: %s",
    (html, tail, piece) => {
      expect(growParagraph(paragraph(html), tail, piece)).toBeUndefined();
    },
  );
});
