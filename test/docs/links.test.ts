import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const documents = [
  ...markdownIn("."),
  ...markdownIn(".github"),
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name)),
];
const npmScripts: object = (
  JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object }
).scripts;

/** Files that a document tells its reader to create. */
const EXAMPLES = /^k8s\/environments\/mine(\.ts)?$/;

function markdownIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join(folder, name));
}

const withoutCode = (text: string) =>
  text.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, "");

const codeIn = (text: string): string[] => [
  ...(text.match(/^```.*?^```/gms) ?? []),
  ...(text.match(/`[^`\n]+`/g) ?? []),
];

/** A heading's anchor, as GitHub derives it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

const anchorsOf = (file: string) =>
  [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(
    ([, heading = ""]) => anchorOf(heading),
  );

/** Links to other files and to headings that lead nowhere. */
function deadLinks(document: string): string[] {
  const text = withoutCode(readFileSync(document, "utf8"));
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, target = ""]) => target,
  );
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [name = "", anchor] = target.split("#");
    const file = name ? path.join(path.dirname(document), name) : document;
    if (!existsSync(file)) return true;
    return anchor !== undefined && !anchorsOf(file).includes(anchor);
  });
}

/** Paths and npm scripts in code that do not exist. */
function missingNames(document: string): string[] {
  const code = codeIn(readFileSync(document, "utf8")).join("\n");
  const paths = code.match(
    /(?<![\w./-])(app|k8s|scripts|test|docs|\.ci|\.github)\/[\w./-]*\w/g,
  );
  const commands = [...code.matchAll(/npm run ([\w:-]+)/g)];
  return [
    ...(paths ?? []).filter(
      (name) => !existsSync(name) && !EXAMPLES.test(name),
    ),
    ...commands.flatMap(([command, script = ""]) =>
      script in npmScripts ? [] : [command],
    ),
  ];
}

it.each(documents)("every link in %s leads somewhere", (document) => {
  expect(deadLinks(document)).toEqual([]);
});

it.each(documents)("every path and command in %s exists", (document) => {
  expect(missingNames(document)).toEqual([]);
});

it("every script that a workflow runs exists", () => {
  const folder = ".github/workflows";
  const text = readdirSync(folder)
    .map((name) => readFileSync(path.join(folder, name), "utf8"))
    .join("\n");
  const scripts = text.match(/\bscripts\/[\w/-]+/g) ?? [];
  expect(scripts).toContain("scripts/test");
  expect(scripts.filter((script) => !existsSync(script))).toEqual([]);
});
