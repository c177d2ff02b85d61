/** Repeats a text up to a length. */
const filled = (text: string, length: number): string =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

const counted = (
  make: (index: number) => string,
  length: number,
  count = 1_000,
): string =>
  Array.from({ length: count }, (_, index) => make(index))
    .join("")
    .slice(0, length);

/** Texts that cost a Markdown renderer more than their length, and usual ones to compare them with. */
export const hostileTexts = (length: number): Record<string, string> => {
  const fill = (text: string) => filled(text, length);
  const half = (text: string) => filled(text, length / 2);
  return {
    prose: fill(
      "A sentence with **bold** text, `code` and a [link](https://a.example/b).\n\n",
    ),
    list: fill("- An item with **bold** text and `code`\n"),
    table: `|a|b|c|\n|-|-|-|\n${fill("| one | **two** | `three` |\n")}`,
    code: `\`\`\`js\n${fill("const a = 1 < 2 && 3;\n")}`,
    images: fill("![a](http://b)"),
    links: fill("[a](http://b)"),
    "open brackets": fill("["),
    "open images": fill("!["),
    "nested links": half("[") + half("](a)"),
    "open titles": fill('[a](b "'),
    "open parentheses": `[a](${fill("(")}`,
    asterisks: fill("*a "),
    "mixed asterisks": fill("**a *b "),
    "closing asterisks": fill("a**b"),
    "nested asterisks": `${half("*")}a${half("*")}`,
    "asterisks and underscores": fill("*a_"),
    tildes: fill("~~a"),
    "CJK asterisks": fill("**中。**"),
    addresses: fill("http://b.c "),
    schemes: fill("http://"),
    "schemes in text": fill("a://"),
    "addresses before CJK": fill("http://a中"),
    "mail addresses": fill("mailto:a@b.c "),
    "open formulas": fill("\\("),
    "open dollars": fill("$\\a "),
    environments: fill("\\begin{a}"),
    "formula lines": `\\[\n${fill("a\n")}`,
    "open display formulas": fill("\\[\n"),
    backticks: counted((index) => `${"`".repeat(index + 1)}a`, length),
    quotes: fill(">"),
    "lines of deep quotes": fill(`${">".repeat(100)}\n`),
    "lazy lines after deep quotes": `${">".repeat(39)}a\n${fill("a\n")}`,
    "lazy lines after deep lists": `${"- ".repeat(15)}a\n${fill("a\n")}`,
    "lines of deep lists": fill(`${"- ".repeat(18)}a\n`),
    "deeper and deeper lists": counted(
      (index) => `${" ".repeat(index)}- a\n`,
      length,
    ),
    "quotes with lists": fill(`${"> - ".repeat(9)}a\n`),
    "numbers of numbers": fill(`${"1. ".repeat(18)}a\n`),
    "loose lists": fill("0. a\n\n"),
    "empty items": fill("-\n"),
    "wide tables": fill(
      `|${"a|".repeat(1_000)}\n|${"-|".repeat(1_000)}\n${"a\n".repeat(66)}\n`,
    ),
    "a wide row": `|a|\n|-|\n|${fill("a|")}`,
    "heads of tables": fill("|a|\n|-|\n"),
    "a wide head": `${half("-|")}\n${half("-|")}`,
    "empty lines": fill("\n"),
    spaces: `a${fill(" ")}b`,
    "hard breaks": fill("a  \n"),
    entities: fill("&amp;"),
    "angle brackets": fill("<http://a"),
    headings: fill("# a\n"),
    "underlined headings": fill("a\n=\n"),
    rules: fill("---\n"),
    "code blocks": fill("```\n"),
    lines: fill("a\n"),
    "one word": fill("a"),
    definitions: fill("[a]: b\n"),
    "definitions of links": counted((i) => `[${i}]: http://b\n`, length, 9_000),
    references: `[b]: http://c\n\n${fill("[a][b]")}`,
    "references without a definition": fill("[a][b]"),
    footnotes: fill("[^a]"),
    "definitions of footnotes": fill("[^a]: b\n"),
    "footnotes in footnotes": fill("[^a]: ".repeat(30) + "b\n"),
    "open tags": fill("<b>"),
    "tags in tags": half("<b><i>") + half("</i></b>"),
    "closing tags": fill("</b>"),
    "open details": fill("<details>\n"),
    details: fill("<details>\n<summary>a</summary>\nb\n</details>\n"),
    tasks: fill("- [ ] a\n"),
    "equal formulas": fill("$x_1$ "),
    formulas: counted((i) => `$x_{${i}}$ `, length, 9_000),
    "long formulas": counted((i) => `\\(${"x+".repeat(900)}${i}\\) `, length),
    "wide formulas": fill(`$${"(".repeat(35)}${")".repeat(35)}$ `),
    "groups in groups": fill(`$${"{".repeat(900)}${"}".repeat(900)}$ `),
    matrices: counted(
      (i) => `\\(\\begin{matrix}${"&".repeat(500)}\\\\${i}\\end{matrix}\\) `,
      length,
    ),
    macros: fill(
      `$\\def\\a{${"x".repeat(90)}}\\def\\b{${"\\a".repeat(90)}}${"\\b".repeat(90)}$ `,
    ),
    "malformed formulas": counted((i) => `$\\frac{${i}$ `, length, 9_000),
    prices: fill("$5 and "),
    "brackets in code": `\`\`\`js\n${fill("([{\n")}`,
    "one long line of code": `\`\`\`js\n${fill("a(1,'b')")}`,
    "numbers in code": `\`\`\`js\n${fill("1+1+1+1+1+1+1+1+1+\n")}`,
    "quotes in code": `\`\`\`js\n${fill("'`/* \"${\n")}`,
    "tags in code": `\`\`\`html\n${fill("<a><b c='")}`,
    "here documents": `\`\`\`sh\n${counted((i) => `cat <<E${i}\n`, length, 9_000)}`,
  };
};
