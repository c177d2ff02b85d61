import {
  highlight,
  type CodeMemory,
} from "../../../app/web/rendering/highlight";
import { languageNamed } from "../../../app/web/rendering/languages";
import { finish } from "../../../app/web/rendering/steps";
import { fc, runs } from "../../support/fast-check";

function highlighted(code: string, name: string, memory?: CodeMemory): string {
  const language = languageNamed(name);
  if (!language) throw new Error(`There is no ${name}.`);
  return finish(highlight(code, language, memory));
}

const span = (kind: string, text: string) =>
  `<span class="${kind}">${text}</span>`;

describe("highlighted code", () => {
  it.each([
    [
      "python",
      "def f(): # x",
      `${span("k", "def")} ${span("f", "f")}(): ${span("c", "# x")}`,
    ],
    [
      "ts",
      "let a = 'b'",
      `${span("k", "let")} ${span("f", "a")} = ${span("s", "'b'")}`,
    ],
    ["json", '{"a": 1}', `{${span("s", "&quot;a&quot;")}: ${span("n", "1")}}`],
    ["diff", "-a\n+b", `${span("d", "-a")}\n${span("s", "+b")}`],
    ["sql", "SELECT 1", `${span("k", "SELECT")} ${span("n", "1")}`],
    [
      "bash",
      "echo 1 # x",
      `${span("t", "echo")} ${span("n", "1")} ${span("c", "# x")}`,
    ],
    ["php", "echo $a; # x", `${span("k", "echo")} $a; ${span("c", "# x")}`],
    ["PYTHON", "None", span("k", "None")],
  ])("has colours in %s: %j", (name, code, expected) => {
    expect(highlighted(code, name)).toBe(expected);
  });

  it("knows no language of another name", () => {
    expect(languageNamed("klingon")).toBeUndefined();
    expect(languageNamed("__proto__")).toBeUndefined();
  });

  it("continues a comment and a string on the next line", () => {
    expect(highlighted("/* a\nb */ c", "js")).toBe(
      `${span("c", "/* a")}\n${span("c", "b */")} c`,
    );
  });

  it("leaves long lines and the end of long code without colours, and keeps all of it", () => {
    const line = "let a = 1;".repeat(200);
    expect(highlighted(`${line}\nlet b`, "js")).toBe(
      `${line}\n${span("k", "let")} ${span("f", "b")}`,
    );
    const code = "let a = 1;\n".repeat(9_000);
    const html = highlighted(code, "js");
    expect(html.replace(/<[^>]*>/g, "")).toBe(code);
    expect(html.endsWith("let a = 1;\nlet a = 1;\n")).toBe(true);
    const oneLineTooLong = "let a = 1;\n".repeat(5_958);
    expect(highlighted(oneLineTooLong, "js")).toMatch(/;\nlet a = 1;\n$/);
  });

  it("pauses after a few lines", () => {
    const language = languageNamed("js")!;
    let steps = 0;
    const work = highlight("let a = 1;\n".repeat(2_000), language);
    while (!work.next().done) steps++;
    expect(steps).toBeGreaterThanOrEqual(10);
  });
});

const languages =
  "js ts json python bash sql html xml css scss less yaml toml ini diff c cpp c# java kotlin scala dart objc glsl php go rust swift ruby perl lua r julia matlab haskell ocaml f# elm erlang clojure scheme groovy powershell dockerfile nginx cmake protobuf latex http".split(
    " ",
  );

const piece = fc.constantFrom(
  ..."a,1,\n,\n\n, ,\t,\",',`,/*,*/,//,#,--,<,>,</a>,<a b='c'>,(,),{,},[,],${,},;,:,=,\\,$a,@b,def,if,<<E,E,'''.,r\",begin,end,|,%,&".split(
    ",",
  ),
);

it.each(languages)(
  "grows as it is in the end, and keeps its text: %s",
  (name) => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const code = pieces.join("");
        const memory: CodeMemory = {};
        for (let end = 0; end < code.length; end += 3) {
          highlighted(code.slice(0, end), name, memory);
        }
        const html = highlighted(code, name, memory);
        expect(html).toBe(highlighted(code, name));
        const text = html.replace(/<[^>]*>/g, "");
        expect(
          text
            .replace(/&quot;/g, '"')
            .replace(/&lt;/g, "<")
            .replace(/&gt;/g, ">")
            .replace(/&amp;/g, "&"),
        ).toBe(code);
      }),
      { numRuns: runs(100) },
    );
  },
);
