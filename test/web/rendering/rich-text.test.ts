import {
  htmlOf,
  renderMarkdown,
  renderUnfinished,
} from "../../../app/web/rendering/growing-markdown";
import { renderPrompt } from "../../../app/web/rendering/prompt";
import { finish } from "../../../app/web/rendering/steps";

const link = (text: string) =>
  `<a href="https://a.example/" rel="noreferrer noopener nofollow" target="_blank">${text}</a>`;

const unfinished = (text: string) => htmlOf(finish(renderUnfinished(text)));

const prompt = (text: string) => finish(renderPrompt(text));

describe("tags", () => {
  it.each([
    ["H<sub>2</sub>O", "<p>H<sub>2</sub>O</p>"],
    ["a<BR>b<br />c", "<p>a<br>\nb<br>\nc</p>"],
    ["<b>**x** <i>y</i></b>", "<p><b><strong>x</strong> <i>y</i></b></p>"],
    ["**a <sub>b** c</sub>", "<p>**a <sub>b** c</sub></p>"],
    ["<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>"],
    ["<b>a", "<p>&lt;b&gt;a</p>"],
    ["</b>a<b>", "<p>&lt;/b&gt;a&lt;b&gt;</p>"],
    ["`<b>a</b>`", "<p><code>&lt;b&gt;a&lt;/b&gt;</code></p>"],
    [
      "<details>\n<summary>a *b*</summary>\n\n- c\n\n</details>\nd",
      '<details dir="auto"><summary>a <em>b</em></summary><ul><li>c</li></ul></details><p>d</p>',
    ],
    [
      "<details><summary>a</summary>b</details>",
      '<details dir="auto"><summary>a</summary><p>b</p></details>',
    ],
    [
      "<details>\na",
      '<details dir="auto"><summary>Details</summary><p>a</p></details>',
    ],
  ])("are allowed in pairs and without attributes: %j", (source, expected) => {
    const html = renderMarkdown(source).replace(/(?<!<br>)\n/g, "");
    expect(html).toBe(expected);
  });
});

describe("references", () => {
  it.each([
    ["[x][a]\n\n[a]: https://a.example/", link("x")],
    ["[a][]\n\n[a]: <https://a.example/> 'title'", link("a")],
    ["[A]\n\n[a]: https://a.example/", link("A")],
    ["[a]: https://a.example/\n[a]: https://b.example/\n\n[x][a]", link("x")],
    ["- [x][a]\n\ntext\n[a]: https://a.example/", link("x")],
    ["[x][a]\n\n[a]: javascript:alert(1)", "[x][a]"],
    ["[x][a]", "[x][a]"],
    ["```\n[a]: https://a.example/\n```\n[a]", "<p>[a]</p>"],
  ])("lead to their definition: %j", (source, expected) => {
    expect(renderMarkdown(source)).toContain(expected);
  });

  it("show footnotes where they are defined", () => {
    const html = renderMarkdown("a[^n]\n\n[^n]: b\n    c\n[^m]: d");
    expect(html).toContain(
      'a<sup><a href="#fn-n" role="doc-noteref">n</a></sup>',
    );
    expect(html.match(/class="footnote"/g)).toHaveLength(2);
    expect(html).toContain('id="fn-n"');
    expect(renderMarkdown("a[^n]")).toBe("<p>a[^n]</p>");
  });
});

it.each([
  [
    "- [ ] a",
    'class="task"><input type="checkbox" disabled aria-label="To do">a',
  ],
  [
    "1. [X] a",
    'class="task"><input type="checkbox" disabled checked aria-label="Done">a',
  ],
  ["- [a] b", "<li>[a] b"],
  ["[x] a", "<p>[x] a"],
])("shows tasks as check boxes: %j", (source, expected) => {
  expect(renderMarkdown(source)).toContain(expected);
});

describe("a text that will grow", () => {
  it.each([
    ["a **b", "<p>a <strong>b</strong></p>"],
    ["a **b *c", "<p>a <strong>b <em>c</em></strong></p>"],
    ["a ~~b", "<p>a <s>b</s></p>"],
    ["a `b", "<p>a <code>b</code></p>"],
    ["a **", "<p>a </p>"],
    ["a [b](https://c.ex", "<p>a b</p>"],
    ["a [b", "<p>a b</p>"],
    ["a ![b](https://c.ex", "<p>a b</p>"],
    ["a [b][c", "<p>a b</p>"],
    ["a [b][c] d", "<p>a b d</p>"],
    ["a $", "<p>a </p>"],
    ["a $x^", '<p>a <span class="math">…</span></p>'],
    ["costs $5 and", "<p>costs $5 and</p>"],
    ["a \\(x + ", '<p>a <span class="math">…</span></p>'],
    ["$$\nx", '<p><span class="math">…</span></p>'],
    ["a <su", "<p>a </p>"],
    ["a <sub>b", "<p>a <sub>b</sub></p>"],
    ["a &am", "<p>a </p>"],
    ["a\n-", "<p>a</p>"],
    ["a\n- ", "<p>a</p>"],
    ["a\n\n1", "<p>a</p>"],
    ["a\n\n```py", "<p>a</p>"],
    ["a\n\n[^1]: ", "<p>a</p>"],
    ["a\n\n[b]: https://c", "<p>a</p>"],
    ["a **b\n\n", "<p>a **b</p>"],
  ])("shows no markup that is about to change: %j", (text, expected) => {
    expect(unfinished(text)).toBe(expected);
  });

  it("is a table from the first line on, but not in code", () => {
    const head = /<th>a<\/th>\s*<th>b<\/th>/;
    for (const text of [
      "| a | b",
      "| a | b |\n",
      "| a | b |\n|-",
      "a | b\n--|-",
    ])
      expect(unfinished(text)).toMatch(head);
    expect(unfinished("```\n\n| a | b")).not.toContain("---");
  });

  it("shows code without the fence that closes it", () => {
    expect(unfinished("```js\na\n``")).toContain("<code>a\n</code>");
  });
});

describe("a prompt", () => {
  it("is shown as it was typed", () => {
    expect(prompt("**a** <b>\n\n- `c`")).toBe("**a** &lt;b&gt;\n\n- `c`");
  });

  it.each(["```", "~~~", "````"])(
    "shows blocks between %s as code",
    (fence) => {
      const html = prompt(`a\n\n${fence}js\nlet b\n\n${fence}\n\nc`);
      expect(html).toContain("<div>a</div>");
      expect(html).toContain("<span>JavaScript</span>");
      expect(html).toContain('<span class="k">let</span>');
      expect(html).toContain("<div>c</div>");
    },
  );

  it("takes a run of spaces, and a fence, as long as a message can be", () => {
    const spaces = " ".repeat(900_000);
    expect(prompt(`~~~\nlet b\n~~~\na${spaces}b`)).toContain(`a${spaces}b`);
    const fence = "`".repeat(1_000_000);
    expect(prompt(`${fence}\nlet b\n${fence}\nc`)).toContain("let b");
  });

  it("keeps all of a long or unclosed block", () => {
    const lines = "a line of code\n".repeat(40_000);
    const html = prompt(`\`\`\`\n${lines}`);
    expect(html.replace(/<[^>]*>/g, "")).toBe(lines);
    expect(html.split("<pre").length).toBeGreaterThan(2);
  });
});
