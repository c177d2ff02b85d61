import {
  GrowingMarkdown,
  renderMarkdown,
  renderText,
} from "../../../app/web/rendering/growing-markdown";
import { renderBlocks } from "../../../app/web/rendering/markdown";
import { finish } from "../../../app/web/rendering/steps";
import {
  type WorkLimits,
  workLimits,
} from "../../../app/web/rendering/work-limits";
import { fc, runs } from "../../support/fast-check";

describe("Markdown", () => {
  it.each([
    ["<script>alert(1)</script>", "&lt;script&gt;"],
    ["# Title", "<h3>Title</h3>"],
    ["| a |\n|--:|\n| 1 |", '<th class="right">a</th>'],
    ["```ts\na < b\n```", "<code>a &lt; b\n</code>"],
    [
      "<https://example.org/?a=1&b=2>",
      'href="https://example.org/?a=1&amp;b=2"',
    ],
    ["https://example.org", "noreferrer"],
    ["![a cat](https://example.org/cat.png)", ">a cat</a>"],
    ["~~gone~~", "<s>gone</s>"],
    ["3. three", '<ol start="3" dir="auto">'],
    ["- \u0639\u0631\u0628\u064a", '<ul dir="auto">'],
    ["> - \u0639\u0631\u0628\u064a", '<blockquote dir="auto">\n<ul>'],
    ["| \u0639 |\n|---|\n| 1 |", '<div class="table" tabindex="0" dir="auto">'],
    ["| a |\n|:--|\n| 1 |", '<th class="left">a</th>'],
    ["```js\nx\n```", '<div class="code"><div class="bar"><span>JavaScript'],
  ])("renders %j", (source, expected) => {
    expect(renderMarkdown(source)).toContain(expected);
  });

  it.each([
    "[x](javascript:alert(1))",
    "[x](data:text/html,hi)",
    "<javascript:alert(1)>",
    "[x](//example.org)",
    "[x](/session/reset)",
    "index.js and example.org",
  ])("makes no link of %j", (source) => {
    expect(renderMarkdown(source)).not.toContain("<a");
  });

  it.each([
    [
      "**加粗。**后面。普通**粗体**文字",
      "<strong>加粗。</strong>后面。普通<strong>粗体</strong>文字",
    ],
    ["**「重点」**です", "<strong>「重点」</strong>です"],
    ["**굵게(강조)**는", "<strong>굵게(강조)</strong>는"],
    ["~~「旧」~~です", "<s>「旧」</s>です"],
  ])("understands emphasis beside CJK punctuation: %s", (source, expected) => {
    expect(renderMarkdown(source)).toBe(`<p>${expected}</p>`);
  });

  it.each([
    ["详见https://example.com/a。后面", "https://example.com/a"],
    ["https://example.com/aをご覧ください", "https://example.com/a"],
    ["https://example.com를 보세요", "https://example.com"],
    ["请访问https://example.com/查看", "https://example.com/"],
    ["https://example.com/?q=1（参考）", "https://example.com/?q=1"],
    ["**https://example.com/a**です", "https://example.com/a"],
    [
      "https://zh.wikipedia.org/wiki/中文。谢谢",
      "https://zh.wikipedia.org/wiki/中文",
    ],
    ["https://日本語.jp/a", "https://日本語.jp/a"],
  ])("ends the URL in %s", (source, expected) => {
    const [, linked] = />(https:[^<]*)<\/a>/.exec(renderMarkdown(source)) ?? [];
    expect(linked).toBe(expected);
  });

  it.each([
    "\\( x_1 * y_1 \\)",
    "\\[ a \\\\ b \\]",
    "$$ a \\\\ b $$",
    "$\\alpha_1 * \\beta_1$",
    "\\[\n- a \\\\\n+ b \\\\\n= c\n\\]",
    "\\begin{align*}\na &= b \\\\\n&= c\n\\end{align*}",
  ])("takes nothing in a formula for Markdown: %j", (source) => {
    const html = renderMarkdown(`Text:\n${source}\n\nMore`);
    expect(html).toMatch(/<math[ >][^]+<\/math>/);
    expect(html).not.toMatch(/<em>|<li>/);
    expect(html).toContain("<p>More</p>");
  });

  it.each(["\\(\\frac{a\\)", "$\\unknown_1 * x_2$", "$$ a & b $$"])(
    "shows a formula that it does not understand as it was written: %j",
    (source) => {
      const expected = source.replaceAll("&", "&amp;");
      expect(renderMarkdown(source)).toBe(
        `<p><span class="math">${expected}</span></p>`,
      );
    },
  );

  it.each([
    ["It costs $5, **not $6**, or $7", "<strong>not $6</strong>"],
    ["\\*literal\\* \\# \\_", "*literal* # _"],
    ["`\\(x\\)`", "<code>\\(x\\)</code>"],
    ["\\[\n\n- a", '<p>[</p><ul dir="auto">'],
  ])("takes no other text for a formula: %j", (source, expected) => {
    expect(renderMarkdown(source)).toContain(expected);
  });

  it("fetches no picture from anywhere", () => {
    expect(renderMarkdown("![x](https://example.org/x.png)")).not.toContain(
      "<img",
    );
  });

  it.each([
    "![<img src=x onerror=alert(1)>](https://example.org/x.png)",
    "[![<img src=x onerror=alert(1)>](https://example.org/x.png)](https://example.org)",
    "![<b>](https://example.org/x.png)",
  ])("shows the label of a picture as text: %j", (source) => {
    const html = renderMarkdown(source);
    expect(html).toMatch(/&lt;(img|b)/);
    expect(tagsIn(html)).toEqual(["p", "a", "/a", "/p"]);
  });

  it("lets no address leave its attribute", () => {
    const html = renderMarkdown(
      '![](https://example.org/"onclick="x) [a](<https://example.org/"onclick="x>)',
    );
    expect(html).not.toContain('"onclick');
    expect(tagsIn(html)).toEqual(["p", "a", "/a", "a", "/a", "/p"]);
  });

  it("puts no link into a link", () => {
    const html = renderMarkdown(
      "[![x](https://example.org/x.png)](https://example.org)",
    );
    expect(html.match(/<a /g)).toHaveLength(1);
  });

  it("never needs an inline style", () => {
    expect(renderMarkdown("|a|b|\n|:-:|--:|\n|1|2|")).not.toContain("style=");
  });

  it("makes one element of every block", () => {
    const blocks = finish(
      renderBlocks(
        "p\n\n- a\n- b\n\n> q\n\n```\nc\n```\n\n    d\n\n---\n\n|a|\n|-|\n|1|\n\nT\n=\n",
      ),
    );
    expect(blocks.map(({ html }) => /^<(\w+)/.exec(html)?.[1])).toEqual([
      "p",
      "ul",
      "blockquote",
      "div",
      "div",
      "hr",
      "div",
      "h3",
    ]);
  });
});

/** The names of all tags, in order; a closing one begins with a slash. */
const tagsIn = (html: string): string[] =>
  [...html.matchAll(/<(\/?[^\s>]*)/g)].map(([, name = ""]) => name);

const ELEMENTS =
  "a b blockquote br button code details div em h3 h4 h5 h6 hr input label li ol p pre s span strong sub summary sup table tbody td th thead tr ul math mfrac mi mn mo mover mpadded mphantom mrow mspace mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none".split(
    " ",
  );

/** Pieces that a text could use to become markup. */
const hostile = fc.constantFrom(
  ..."<img src=x onerror=alert(1)>|<script>|</code>|<!--|&lt;|\"|'|onclick=x|`|```|~~~|![|[|](|)|](https://a.b/|<https://a.b|>|\\(|\\)|$\\a$|$$|\n|\n\n|\n| a |\n|---|\n|\n- |# |https://a.b/|**|_|a| |<sub>|</sub>|<b>|</b>|<details>|\n</details>\n|<summary>|</summary>|[^a]|\n[^a]: |\n[a]: https://a.b\n|- [ ] |$x^2$|\\frac{a}{|}".split(
    "|",
  ),
);

it("makes only elements that it knows, whatever the text", () => {
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 30 }), (pieces) => {
      const html = renderMarkdown(pieces.join(""));
      const names = tagsIn(html).map((name) => name.replace("/", ""));
      expect(names.filter((name) => !ELEMENTS.includes(name))).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

/** Pieces that are likely to change what came before them. */
const piece = fc.constantFrom(
  ..."a 1 - -- --- * + 1. 2) > # ## ` `` ``` ~~~ | |- |-|-| === = \\ ! [ ] ( ) <".split(
    " ",
  ),
  ..."_ ** & &amp; http://a.b [a](http://b.c) [a]: word".split(" "),
  " ",
  "  ",
  "    ",
  "\t",
  "\n",
  "\n\n",
  "\r\n",
  "\r",
  "\0",
  "\n- ",
  "\n  ",
  "\n> ",
  "\n| a | b |\n|---|---|\n",
  "\n```\n",
  "é",
  "😀",
  "\\(",
  "\\)",
  "\n\\[\n",
  "\n\\]\n",
  "$$",
  "\n\\begin{align}\n",
  "\\end{align}",
  "$x$",
  "$$\\a",
  "<sub>",
  "</sub>",
  "<br>",
  "\n<details>\n",
  "<summary>",
  "</summary>\n",
  "\n</details>\n",
  "- [ ] ",
  "[x] ",
  "\n```js\n",
  "/* ",
  "let b = `",
  "https://a.b/c",
  "中文",
  "。",
);

function grow(pieces: string[], limits?: WorkLimits): string[] {
  const growing = new GrowingMarkdown({ limits });
  const stable = pieces.flatMap((text) => finish(growing.append(text)));
  stable.push(...finish(growing.append("", true)));
  return [...stable, ...growing.pending].map(({ html }) => html);
}

const whole = (text: string, limits?: WorkLimits): string[] =>
  finish(renderText(text, { limits })).map(({ html }) => html);

/** As {@link piece}, but with references, which are known only at the end. */
const referring = fc.oneof(
  piece,
  fc.constantFrom("[^a]", "\n[^a]: ", "[b][a]", "[a]", "\n[a]: http://b.c\n"),
);

/** So small that short texts exceed them. */
const smallLimits: WorkLimits = {
  blockLength: 40,
  codeLength: 90,
  nesting: 3,
  blockWork: 30,
  blockTokens: 40,
  inlineLength: 30,
  inlineWork: 60,
};

const startsOf = (blocks: { start: number }[]) =>
  blocks.map(({ start }) => start);

const anyPieces = fc.array(piece, { maxLength: 60 });
const anyCuts = fc.array(fc.nat(200), { maxLength: 30 });

describe("a growing text", () => {
  it.each([
    ["the usual limits", workLimits],
    ["limits that it exceeds", smallLimits],
  ])(
    "has the same HTML in whatever pieces it arrives, with %s",
    (_, limits) => {
      fc.assert(
        fc.property(anyPieces, anyCuts, (some, places) => {
          const text = some.join("");
          const grown = grow(splitAt(text, places), limits);
          expect(grown).toEqual(whole(text, limits));
        }),
        { numRuns: runs(1_000) },
      );
    },
  );

  it.each([
    ["the usual limits", workLimits],
    ["limits that it exceeds", smallLimits],
  ])(
    "has the same HTML when it arrives character by character, with %s",
    (_, limits) => {
      fc.assert(
        fc.property(anyPieces, (some) => {
          const text = some.join("");
          expect(grow(text.split(""), limits)).toEqual(whole(text, limits));
        }),
        { numRuns: runs(500) },
      );
    },
  );

  it("is cut in code that is longer than the limit, while the fence is still open", () => {
    const growing = new GrowingMarkdown({ limits: smallLimits });
    finish(growing.append(`\`\`\`\n${"abc\n".repeat(100)}`));
    expect(growing.stable).toBeGreaterThan(2);
    expect(growing.tail.length).toBeLessThanOrEqual(smallLimits.codeLength);
  });

  it("has the same blocks while it grows as in the end", () => {
    fc.assert(
      fc.property(fc.array(referring, { maxLength: 60 }), (some) => {
        const text = some.join("");
        const growing = new GrowingMarkdown({ limits: smallLimits });
        const blocks = text
          .split("")
          .flatMap((unit) => finish(growing.append(unit)));
        blocks.push(...finish(growing.append("", true)), ...growing.pending);
        const all = finish(renderText(text, { limits: smallLimits }));
        expect(startsOf(blocks)).toEqual(startsOf(all));
        if (growing.hasReferences) return;
        expect(blocks).toEqual(all);
      }),
      { numRuns: runs(500) },
    );
  });

  it.each([
    "\n| a | b |\n|---|---|\nhttps://a.b/caa    a",
    "\t\n===ajavascript:a\n===------\\end{a}~~\n===",
  ])(
    "is cut at the same place with empty lines before its block: %j",
    (text) => {
      expect(grow(text.split(""), smallLimits)).toEqual(
        whole(text, smallLimits),
      );
    },
  );

  it("renders pending blocks only", () => {
    const growing = new GrowingMarkdown();
    for (let i = 0; i < 1_000; i++) {
      finish(growing.append(`Paragraph ${i}.\n\n`));
    }
    expect(growing.stable).toBe(998);
    expect(growing.tail).toBe("Paragraph 998.\n\nParagraph 999.\n\n");
  });
});

function splitAt(text: string, cuts: number[]): string[] {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1))];
  places.push(text.length);
  places.sort((a, b) => a - b);
  return places.slice(1).map((end, i) => text.slice(places[i], end));
}
