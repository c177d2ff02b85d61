import { readFileSync } from "node:fs";
import path from "node:path";
import { filesToFlush } from "./files-to-flush";
import { isGenerated, textsOf, trackedFiles } from "./texts";
import { opensWithRelative } from "./words";

/*
 * Prints figures of a checkout's code, as a Markdown table: `figures.ts [DIRECTORY]`. The checkout
 * must be built, since one figure is counted in running processes.
 */

const root = path.resolve(process.argv[2] ?? ".");
const files = trackedFiles(root);
const CODE = /\.(?:ts|js|mjs|njk|css|py|sh)$/;

const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const linesOf = (file: string) => read(file).split("\n").length - 1;

function comments(folder: string) {
  const found = files
    .filter((file) => file.startsWith(folder) && !isGenerated(file))
    .flatMap((file) => textsOf(root, file))
    .filter(({ kind }) => kind === "comment");
  const relative = found.filter(opensWithRelative).length;
  const commentLines = found.reduce((total, { lines }) => total + lines, 0);
  return { count: found.length, relative, lines: commentLines };
}

function named(folder: string, pattern: RegExp): string[] {
  return files
    .filter((file) => file.startsWith(folder) && file.endsWith(".ts"))
    .flatMap((file) =>
      [...read(file).matchAll(pattern)].map((match) => match[1] ?? ""),
    );
}

const sum = (some: string[]) =>
  some.reduce((total, file) => total + linesOf(file), 0);

function countLines(folder: string) {
  const own = files.filter((file) => file.startsWith(`${folder}/`));
  const code = own.filter(
    (file) =>
      !isGenerated(file) && (CODE.test(file) || read(file).startsWith("#!")),
  );
  const generated = own.filter(isGenerated);
  return { written: sum(code), generated: sum(generated), files: code.length };
}

const percent = (part: number, whole: number) =>
  `${((100 * part) / whole).toFixed(1)} % of ${whole}`;

const TYPE = /^(?:export )?(?:abstract )?(?:interface|type|class) (\w+)/gm;
const BAG =
  /^(?:export )?interface (\w+(?:Options|Parts|Given|Deps|Tools|Input|Props|Dependencies))\b/gm;

async function main(): Promise<void> {
  const rows: [string, string | number][] = [];
  for (const folder of ["app/", ""]) {
    const { count, relative } = comments(folder);
    rows.push([
      `comments in ${folder || "all"} that open with a relative word`,
      percent(relative, count),
    ]);
  }
  const { lines: commentLines } = comments("app/");
  const app = countLines("app");
  rows.push(["comment lines in app", percent(commentLines, app.written)]);
  const walked = await filesToFlush(root);
  rows.push(["files from a form's POST to its flush", walked.length]);
  rows.push([
    "named types in replies",
    named("app/backend/replies/", TYPE).length,
  ]);
  const bags = named("app/", BAG);
  const suffixes = new Map<string, number>();
  for (const bag of bags) {
    const suffix = /[A-Z][a-z]+$/.exec(bag)?.[0] ?? "";
    suffixes.set(suffix, (suffixes.get(suffix) ?? 0) + 1);
  }
  rows.push([
    "parameter bags in app",
    `${bags.length}: ${[...suffixes].map((pair) => pair.join(" ")).join(", ")}`,
  ]);
  for (const folder of ["app", "k8s", "scripts", "test"]) {
    const counted = countLines(folder);
    rows.push([
      `lines in ${folder}`,
      `${counted.written} written in ${counted.files} files, ${counted.generated} generated`,
    ]);
  }
  const wide = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) {
    console.log(`| ${name.padEnd(wide)} | ${value} |`);
  }
  console.log(`\nFrom POST to flush:\n${walked.join("\n")}`);
}

void main();
