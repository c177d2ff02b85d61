import { renderFormula } from "../../../app/web/rendering/formula";
import { renderMarkdown } from "../../../app/web/rendering/growing-markdown";

describe("a formula", () => {
  it.each([
    ["x^2", "<math><msup><mi>x</mi><mn>2</mn></msup></math>"],
    ["\\frac{a}{b}", "<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>"],
    ["\\text{a<b}", "<math><mtext>a&lt;b</mtext></math>"],
    ["\\cancel{x}", '<mrow class="strike">'],
    ["\\overline{x}", '<mrow class="bT">'],
    ["\\boxed{x}", 'class="box"'],
    ["\\begin{array}{|c|}\\hline a\\\\\\hline\\end{array}", "bL bR bT bB"],
  ])("is MathML: %j", (tex, expected) => {
    expect(renderFormula(tex, false)).toContain(expected);
  });

  it.each([
    "\\begin{align}a&=b\\\\c&=d\\end{align}",
    "\\begin{equation}E=mc^2\\end{equation}",
    "\\begin{cases}1&x\\\\2&y\\end{cases}",
    "a \\\\ b",
    "\\tag{1} x",
  ])("may have lines and columns: %j", (tex) => {
    expect(renderFormula(tex, true)).toMatch(/<mtable[^]*<mtr[^]*<mtd/);
  });

  it("has neither styles nor colours, which the page's style sheet decides", () => {
    const html = renderFormula("\\color{red}{\\boxed{\\hat{x}}}", true);
    expect(html).toContain("<mi>x</mi>");
    expect(html).not.toMatch(/ style="|color="|#ff0000/);
  });

  it.each([
    ["malformed", "\\frac{a"],
    ["with an unknown command", "\\unknown{x}"],
    ["with a link", "\\href{https://a.example}{x}"],
    ["with a picture", "\\includegraphics{https://a.example/x.png}"],
    ["too long", "x+".repeat(1_001)],
    ["too deeply nested", `${"{".repeat(41)}x${"}".repeat(41)}`],
    [
      "with too many cells",
      `\\begin{matrix}${"&".repeat(40)}${"\\\\".repeat(40)}\\end{matrix}`,
    ],
    ["of chemistry, and long", `\\ce{${"H2O + ".repeat(40)}}`],
    ["that expands without end", "\\def\\a{\\a\\a}\\a"],
  ])("is left as it was written when it is %s", (_, tex) => {
    expect(renderFormula(tex, true)).toBeUndefined();
  });

  it("keeps no size that could move it out of its line", () => {
    for (const tex of [
      "\\raisebox{9em}{x}",
      "\\smash{x}",
      "\\llap{x}",
      "\\hspace{-4em}x",
      "\\!x",
    ]) {
      expect(renderFormula(tex, false)).not.toMatch(
        /voffset|lspace|height|depth|-/,
      );
    }
  });
});

describe("dollar signs", () => {
  it.each(
    "$x$|$x^2$|$E=mc^2$|$f(x)$|$5$|$2x$|$a + b$|$x = 5$|$(x,y)$|$10^6$|$x$-axis|($x$)|$x$, $y$ and $z$|$p < 0.05$|$-1$|$n!$|$1/2$|$[0,1]$|$O(n)$".split(
      "|",
    ),
  )("enclose a formula: %s", (text) => {
    expect(renderMarkdown(text)).toContain("<math>");
  });

  it.each(
    "It costs $5, not $6.|US$5 and A$6|$5-$10|($5) and ($6)|$HOME/bin:$PATH|$5 (or 5$)|a $10 bill and 20$.|$x and y$|I have $20, you have $30.|$5/month vs. $10/month|$ 5 $|$1,000 to $2,000|from $3.50 (was $4.20)|echo $USER and $HOME.|$100k–$200k|5$ and 6$|$1M + $2M|Price: $5. Fee: $6.".split(
      "|",
    ),
  )("are prices and names: %s", (text) => {
    expect(renderMarkdown(text)).not.toContain("<math");
  });
});
