import { readdirSync, readFileSync } from "node:fs";
import { harmless } from "../../scripts/mutants/harmless";
import {
  isHarmless,
  mistakesIn as candidatesIn,
} from "../../scripts/mutants/candidates";
import { folders } from "../../scripts/mutants/folders";
import {
  applyTo,
  describeMutant,
  mutantsOf,
} from "../../scripts/mutants/mutators";
import { makeMistake } from "../../scripts/mutants/named";
import { namedMistakes } from "../../scripts/mutants/named-mistakes";

/** The texts that a source becomes by one mistake each. */
const mistakesIn = (source: string) =>
  mutantsOf("a.ts", source).map((mutant) => applyTo(source, mutant));

it.each([
  ["if (a < 1) b();", "if ((a <= 1)) b();"],
  ["if (a < 1) b();", "if (false) b();"],
  ["const c = a && b;", "const c = (a || b);"],
  ["const c = !a;", "const c = a;"],
  ["count++;", "count--;"],
  ["const longest = Math.max(a, b);", "const longest = Math.min(a, b);"],
  [
    "const few = names.filter((name) => name).length;",
    "const few = names.length;",
  ],
  ["async () => { await a(); }", "async () => { ; }"],
  ["async () => { await a(); b(); }", "async () => { b(); await a(); }"],
  ["const é = '…'; f(a ?? é);", "const é = '…'; f((a && é));"],
])("a mistake in %j is %j", (source, mistake) => {
  expect(mistakesIn(source)).toContain(mistake);
});

it.each([
  'import { filter } from "a";',
  "type Both = A & B;",
  "names.toString();",
  "/* a < b */",
])("no mistake is made in %j", (source) => {
  expect(mistakesIn(source)).toEqual([]);
});

it.each([
  "ageMs < MAX_AGE_MS",
  "now() >= expiresAt",
  "elapsedMs(since, now()) > 5",
])("no mistake is made at the boundary of the clock in %j", (condition) => {
  const mistakes = mistakesIn(`const c = ${condition};`);
  // The opposite comparison alone.
  expect(mistakes).toHaveLength(1);
});

it("mistakes at the boundary of a number are made", () => {
  expect(mistakesIn("const c = text.charCodeAt(0) < 5;")).toHaveLength(2);
  expect(mistakesIn("const c = bytes > MAX_BYTES;")).toHaveLength(2);
});

it("a mistake is named by its file and line", () => {
  const source = "a();\nconst c = a === b;\n";
  const [mutant] = mutantsOf("a.ts", source);
  expect(describeMutant(source, mutant!)).toBe("a.ts:2: a === b → (a !== b)");
});

it("every folder with scores exists", () => {
  for (const folder of Object.keys(folders)) {
    expect(readdirSync(folder).length).toBeGreaterThan(0);
  }
});

it.each(namedMistakes.map((named) => [named.mistake, named] as const))(
  "can still be made: %s",
  (_, named) => {
    expect(makeMistake(named).text).not.toBe(readFileSync(named.file, "utf8"));
  },
);

it("has a reason for each mistake that does not count, and each can still be made", () => {
  const files = [...new Set(harmless.map(({ file }) => file))];
  const found = files.flatMap(candidatesIn).filter(isHarmless);
  expect(found.length).toBeGreaterThanOrEqual(harmless.length);
  expect(harmless.filter(({ reason }) => reason.length < 20)).toEqual([]);
});
