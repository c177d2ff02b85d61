import { wordsOf } from "../../../app/core/domain/text-search";
import { markWords } from "../../../app/web/rendering/mark-words";

const mark = (html: string, query: string) => markWords(html, wordsOf(query));

it.each([
  ["bold", "<p>a bold word</p>", '<p>a <mark id="hit-1">bold</mark> word</p>'],
  [
    "bold",
    "<p><strong>bo</strong>ld, BOLD</p>",
    '<p><strong><mark id="hit-1">bo</mark></strong><mark>ld</mark>, <mark id="hit-2">BOLD</mark></p>',
  ],
  ["elan", "<p>Élan</p>", '<p><mark id="hit-1">Élan</mark></p>'],
  ["a&b", "<p>a&amp;b</p>", '<p><mark id="hit-1">a&amp;b</mark></p>'],
  ["<i>", "<p>&lt;i&gt;</p>", '<p><mark id="hit-1">&lt;i&gt;</mark></p>'],
  [
    "one two",
    "<li>one</li><li>two</li>",
    '<li><mark id="hit-1">one</mark></li><li><mark id="hit-2">two</mark></li>',
  ],
  ["😀", "<p>😀</p>", '<p><mark id="hit-1">😀</mark></p>'],
  [
    "x",
    '<pre><code><span class="k">x</span></code></pre>',
    '<pre><code><span class="k"><mark id="hit-1">x</mark></span></code></pre>',
  ],
])("marks %s in %s", (query, html, marked) => {
  expect(mark(html, query).html).toBe(marked);
});

it.each([
  ["onetwo", "<p>one</p><p>two</p>"],
  ["class", '<p class="k">a</p>'],
  ["copy", '<button type="button">Copy</button>'],
  ["mi", "<math><mi>mi</mi></math>"],
  ["amp", "<p>a &amp; b</p>"],
  ["", "<p>a</p>"],
])("leaves %s in %s as it is", (query, html) => {
  expect(mark(html, query)).toEqual({ html, hits: 0 });
});

it("counts the places, marks the first of many, and leaves a very long text as it is", () => {
  expect(mark("<p>a b a</p>", "a").hits).toBe(2);
  const many = `<p>${"word ".repeat(1_000)}</p>`;
  expect(mark(many, "word").hits).toBe(500);
  const long = `<p>${"word ".repeat(60_000)}</p>`;
  const { html, hits } = mark(long, "word");
  expect([html === long, hits]).toEqual([true, 0]);
});

it("adds marks and nothing else", () => {
  const html =
    '<h3>A <em>ti</em>tle</h3><p>with &quot;quotes&quot; and <a href="/x?a=1&amp;b=2">links</a></p>';
  for (const query of ["ti", "title", "a", "quotes", '"', "li in t"]) {
    const plain = mark(html, query).html.replaceAll(/<\/?mark[^>]*>/g, "");
    expect(plain).toBe(html);
  }
});
