import path from "node:path";
import {
  isGenerated,
  type Text,
  textsOf,
  trackedFiles,
} from "../../scripts/code-style/texts";
import { findings, opensWithRelative } from "../../scripts/code-style/words";

const root = path.join(__dirname, "../..");

/** The rules have to name what they forbid. */
const EXEMPT = /^(?:scripts\/code-style\/|docs\/glossary\.md$|test\/docs\/)/;

const texts = trackedFiles(root)
  .filter((file) => /^(?:app|k8s|scripts|test|docs)\/|^[A-Z]+\.md$/.test(file))
  .filter((file) => !isGenerated(file) && !EXEMPT.test(file))
  .flatMap((file) => textsOf(root, file));

const comments = texts.filter(({ kind }) => kind === "comment");

it("opens at most 5 % of comments with a relative word", () => {
  const relative = comments.filter(opensWithRelative);
  const list = relative.map(({ file, line }) => `${file}:${line}`).join("\n");
  expect(comments.length).toBeGreaterThan(500);
  if (relative.length > 0.05 * comments.length) throw new Error(list);
});

it("uses no forbidden word and no sentence of more than 30 words", () => {
  expect(texts.flatMap(findings)).toEqual([]);
});

const text = (words: string): Text => ({
  file: "a.ts",
  line: 1,
  kind: "comment",
  text: words,
  lines: 1,
});

describe("the rules", () => {
  it("find a relative opening", () => {
    expect(opensWithRelative(text("Whether it is open."))).toBe(true);
    expect(opensWithRelative(text("True if it is open."))).toBe(false);
  });

  it("find a forbidden word outside of code", () => {
    expect(findings(text("Nobody reads it."))).toHaveLength(1);
    expect(findings(text("See `nobody`."))).toEqual([]);
  });

  it("find a sentence that is too long, but not a list of short ones", () => {
    const words = Array.from({ length: 31 }, (_, index) => `w${index}`);
    expect(findings(text(`${words.join(" ")}.`))).toHaveLength(1);
    expect(findings(text(`${words.join("\n- ")}.`))).toEqual([]);
  });
});
