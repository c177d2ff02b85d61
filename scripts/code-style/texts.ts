import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** A comment or a paragraph of a document, without its marks. */
export interface Text {
  file: string;
  /** The line on which it begins, from 1. */
  line: number;
  kind: "comment" | "prose" | "test name";
  text: string;
  /** The lines of the file that it takes up. */
  lines: number;
}

/** Generated files: neither their words nor their lines are ours. */
const GENERATED =
  /^k8s\/(?:imports|crds)\/|\.snap$|^package-lock\.json$|^docs\/(?:api\/|settings\.md$|benchmarks\.md$)/;

export const isGenerated = (file: string): boolean => GENERATED.test(file);

/** The tracked files of a checkout, as paths from its root. */
export function trackedFiles(root: string): string[] {
  return execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" })
    .trim()
    .split("\n")
    .filter((file) => existsSync(path.join(root, file)));
}

/** All comments, paragraphs and test names of a file. */
export function textsOf(root: string, file: string): Text[] {
  const source = readFileSync(path.join(root, file), "utf8");
  if (/\.(?:ts|js|mjs|css)$/.test(file)) {
    const names = file.startsWith("test/") ? testNames(file, source) : [];
    return [...comments(file, source), ...names];
  }
  if (file.endsWith(".md")) return paragraphs(file, source);
  if (/\.(?:sh|py|ya?ml)$/.test(file) || source.startsWith("#!")) {
    return hashComments(file, source);
  }
  return [];
}

/**
 * Strings and regular expressions are matched as well, so that what looks like a comment inside
 * of one isn't taken for one. A regular expression follows an operator, a bracket or a keyword.
 */
const TOKEN =
  /(\/\*[\s\S]*?\*\/)|((?:(?:^|(?<=\n))[ \t]*\/\/[^\n]*\n)+|\/\/[^\n]*)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|(?<=(?:[=(,:;!&|?{}[]|=>|return|\n)[ \t\n]*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//g;

function comments(file: string, source: string): Text[] {
  const found: Text[] = [];
  for (const match of source.matchAll(TOKEN)) {
    const raw = match[1] ?? match[2];
    if (raw === undefined) continue;
    const text = raw
      .replaceAll(/^\s*(?:\/\*+|\*+\/|\*(?!\/)|\/\/+)[ \t]?/gm, "")
      .replaceAll(/\*\/\s*$/g, "")
      .trim();
    const line = lineAt(source, match.index);
    const lines = raw.trim().split("\n").length;
    if (text) found.push({ file, line, kind: "comment", text, lines });
  }
  return found;
}

/** `it("…")`, `test("…")` and their `.each` forms. */
const TEST_NAME =
  /\b(?:it|test)(?:\.each[^(]*\([\s\S]*?\))?\(\s*(["'`])(.*?)\1/g;

function testNames(file: string, source: string): Text[] {
  return [...source.matchAll(TEST_NAME)].map((match) => ({
    file,
    line: lineAt(source, match.index),
    kind: "test name" as const,
    text: match[2] ?? "",
    lines: 0,
  }));
}

function hashComments(file: string, source: string): Text[] {
  return blocks(source.split("\n"), (line) => /^\s*#(?!!)/.test(line)).map(
    ({ line, taken }) => ({
      file,
      line,
      kind: "comment" as const,
      text: taken.map((each) => each.replace(/^\s*#+ ?/, "")).join("\n"),
      lines: taken.length,
    }),
  );
}

function paragraphs(file: string, source: string): Text[] {
  const prose = source
    .replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, (code) =>
      "\n".repeat(code.split("\n").length - 1),
    )
    .replaceAll(/^\|.*$/gm, "");
  return blocks(prose.split("\n"), (line) => line.trim() !== "").map(
    ({ line, taken }) => ({
      file,
      line,
      kind: "prose" as const,
      text: taken.join("\n"),
      lines: taken.length,
    }),
  );
}

function blocks(lines: string[], isPart: (line: string) => boolean) {
  const found: { line: number; taken: string[] }[] = [];
  let open: { line: number; taken: string[] } | undefined;
  lines.forEach((line, index) => {
    if (!isPart(line)) open = undefined;
    else if (open) open.taken.push(line);
    else found.push((open = { line: index + 1, taken: [line] }));
  });
  return found;
}

const lineAt = (source: string, index: number): number =>
  source.slice(0, index).split("\n").length;
