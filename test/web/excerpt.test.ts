import { expect, it } from "@jest/globals";
import { excerptOf, withoutMarkup } from "../../app/web/pages/excerpt";

const shown = (text: string, query: string) =>
  excerptOf(text, query)
    .map((part) => (part.hit ? `[${part.text}]` : part.text))
    .join("");

it.each([
  ["accents", "cafe", "Un café noir", "Un [café] noir"],
  ["width", "パパ", "これはﾊﾟﾊﾟです", "これは[ﾊﾟﾊﾟ]です"],
  ["length", "strasse", "Die Straße.", "Die [Straße]."],
  ["punctuation of patterns", "a.c (", "abc a.c (b)", "abc [a.c] [(]b)"],
])("marks words that differ from the query in %s", (_, query, text, parts) => {
  expect(shown(text, query)).toBe(parts);
});

it("shows the stretch around the first word and never half a character", () => {
  const text = `${"😀".repeat(200)} word ${"👩‍👩‍👧".repeat(200)}`;
  const parts = excerptOf(text, "WORD");
  expect(parts.filter((part) => part.hit)).toEqual([
    { text: "word", hit: true },
  ]);
  const whole = parts.map((part) => part.text).join("");
  expect(whole.isWellFormed()).toBe(true);
  expect(whole).toMatch(/^…(😀)+ word (👩‍👩‍👧)+…$/u);
});

it("shows the beginning of a text without any of the words", () => {
  expect(shown("Some text", "absent")).toBe("Some text");
});

it.each([
  [
    "a table",
    "Fruit:\n\n| No. | Item |\n| ---: | --- |\n| 1 | *Fig* |",
    "Fruit:\n\nNo. · Item\n1 · Fig",
  ],
  [
    "the rest of a table",
    "… the harbour | 3 |\n| 2 | An old …",
    "… the harbour · 3\n2 · An old …",
  ],
  ["a cut rule of a table", "… --: | --- |\n| 1 | Fig |", "1 · Fig"],
  [
    "headings, quotes and lists",
    "## Why\n> It *is*\n- **so**",
    "Why\nIt is\nso",
  ],
  [
    "code",
    "Call `f(x)`:\n\n```js\nlet a_b = c_d * 2 * 3;\n```",
    "Call f(x):\n\nlet a_b = c_d * 2 * 3;",
  ],
  ["links", "See [the guide](https://example.com/a) now", "See the guide now"],
])("leaves out the markup of %s", (_, markdown, text) => {
  expect(withoutMarkup(markdown)).toBe(text);
});
