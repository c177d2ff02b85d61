import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { en } from "../../app/core/texts/en";

const VIEWS = "app/web/views";
const SCRIPTS = "app/web/public/script";

/** Names that are the same in every language. */
const NAMES = new Set([
  "Keepsake",
  "· Keepsake",
  "Markdown",
  "JSON",
  "HTML",
  "K",
  "O",
]);

const letters = /\p{L}/u;

/** The texts of a template: between tags, and in attributes that a browser shows. */
function textsIn(template: string): string[] {
  const html = template
    .replace(/\{#[^]*?#\}/g, "")
    .replace(/\{\{[^]*?\}\}|\{%[^]*?%\}/g, " ");
  const shown =
    /(?:aria-label|title|placeholder|alt|data-[a-z]+el|summary)="([^"]*)"/g;
  const attributes = [...html.matchAll(shown)].map(([, value = ""]) => value);
  const between = html.replace(/<[^>]*>/g, "\n").split("\n");
  return [...between, ...attributes]
    .map((text) => text.replace(/&\w+;/g, "").trim())
    .filter((text) => letters.test(text) && !NAMES.has(text));
}

/** Texts that an expression of a template chooses: `{{ 'One' if two else 'Three' }}`. */
const chosenIn = (template: string): string[] =>
  [...template.matchAll(/\{\{([^]*?)\}\}/g)]
    .flatMap(([, expression = ""]) => [
      ...expression.matchAll(/(["'])(.*?)\1/g),
    ])
    .map(([, , text = ""]) => text)
    .filter((text) => /^\p{Lu}.*\p{L}/u.test(text));

const templates = readdirSync(VIEWS).filter((name) => name.endsWith(".njk"));

it.each(templates)("has no text outside of the catalogue: %s", (name) => {
  const template = readFileSync(path.join(VIEWS, name), "utf8");
  expect([...textsIn(template), ...chosenIn(template)]).toEqual([]);
});

const scripts = readdirSync(SCRIPTS, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".js"))
  .toSorted();

/** Sentences in a script: strings with a capital letter at the start, and two words. */
function sentencesIn(source: string): string[] {
  const code = source.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/(["'`])((?:(?!\1)[^\\\n]|\\.)*)\1/g)]
    .map(([, , text = ""]) => text)
    .filter((text) => /^\p{Lu}\p{Ll}+.*(?: \p{Ll}|\.$)/u.test(text));
}

it.each(scripts)("has no sentence outside of the catalogue: %s", (name) => {
  const source = readFileSync(path.join(SCRIPTS, name), "utf8");
  expect(sentencesIn(source)).toEqual([]);
});

it("has no text in a style sheet", () => {
  for (const name of readdirSync("app/web/public")) {
    if (!name.endsWith(".css")) continue;
    const css = readFileSync(path.join("app/web/public", name), "utf8");
    const drawn = [...css.matchAll(/[\s;{]content:([^;}]*)/g)]
      .map(([, value = ""]) => value.replaceAll(/attr\([^)]*\)/g, ""))
      .filter((value) => letters.test(value));
    expect(drawn).toEqual([]);
  }
});

it("finds texts in a template", () => {
  const template = `<p title="A title">{{ t("key") }} Some text</p>{{ 'Yes' if a else "b" }}`;
  expect(textsIn(template)).toEqual(["Some text", "A title"]);
  expect(chosenIn(template)).toEqual(["Yes"]);
  expect(sentencesIn('say("Two words."); go("main");')).toEqual(["Two words."]);
});

it("has no text that nothing uses", () => {
  const files = ["app/web", "app/core", "app/backend"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(ts|js|njk)$/.test(name) && !name.includes("texts/"))
      .map((name) => readFileSync(path.join(folder, name), "utf8")),
  );
  const all = files.join("\n");
  const composed =
    /^(problem\.(title|notFound|rate|file|limit)\.|reason\.|import\.(left|problem)\.)/;
  const unused = Object.keys(en).filter(
    (key) => !all.includes(`"${key}"`) && !composed.test(key),
  );
  expect(unused).toEqual([]);
});
