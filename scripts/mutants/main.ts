import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { folders } from "./folders";
import { describeMutant, type Mutant, mutantsOf } from "./mutators";
import { TestRunner } from "./run-tests";

/** Run by scripts/mutation. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    sample: { type: "string", default: "10" },
    tested: { type: "boolean", default: false },
    minutes: { type: "string", default: "Infinity" },
    scores: { type: "string" },
  },
});

/** A mutant's tests may take so many times as long as without it. */
const SLOWDOWN = 5;
const LEAST_MS = 60_000;
const LONGEST_MS = 900_000;
const TESTED_MS = 120_000;

interface Score {
  folder: string;
  made: number;
  noticed: number;
  /** Mistakes by which the tests did not end in time, which a slow machine causes too. */
  timeouts: number;
  survivors: string[];
}

const runner = new TestRunner();

/** How long a folder's tests may take; `undefined` if they fail without a mistake. */
async function limitFor(
  within: string,
  tests: string[],
): Promise<number | undefined> {
  if (values.tested) return TESTED_MS;
  const begun = performance.now();
  const result = await runner.run(
    undefined,
    filesIn(within),
    tests,
    LONGEST_MS,
  );
  const takenMs = performance.now() - begun;
  if (result?.failed === undefined && result?.ran) {
    return Math.ceil(LEAST_MS + SLOWDOWN * takenMs);
  }
  const why = result ? (result.failed ?? "there are none") : "time-out";
  console.error(`${within}: its tests fail without a mistake: ${why}`);
  process.exitCode = 1;
  return undefined;
}

async function scoreOf(
  folder: string,
  within: string,
  until: number,
): Promise<Score> {
  const tests = folders[folder] ?? [];
  const score: Score = {
    folder: within,
    made: 0,
    noticed: 0,
    timeouts: 0,
    survivors: [],
  };
  const limitMs = await limitFor(within, tests);
  if (limitMs === undefined) return score;
  for (const { file, source, mutant } of chosenIn(within)) {
    if (performance.now() > until) break;
    const result = await runner.run(mutant, [file], tests, limitMs);
    const isNoticed = !result || result.failed !== undefined;
    const name = describeMutant(source, mutant);
    const by = result ? (result.failed ?? "SURVIVED") : "time-out";
    console.error(`  ${name}  [${by}]`);
    score.made += 1;
    if (!result) score.timeouts += 1;
    if (isNoticed) score.noticed += 1;
    else score.survivors.push(name);
  }
  return score;
}

interface Candidate {
  file: string;
  source: string;
  mutant: Mutant;
}

/** The mutants of a folder or file: all, or a random sample. */
function chosenIn(within: string): Candidate[] {
  const all = filesIn(within).flatMap((file) => {
    const source = readFileSync(file, "utf8");
    return mutantsOf(file, source).map((mutant) => ({ file, source, mutant }));
  });
  console.error(`${within}: ${all.length} possible mistakes`);
  if (values.all) return all;
  const order = all.map((each) => ({ each, key: random() }));
  const sample = order
    .toSorted((a, b) => a.key - b.key)
    .slice(0, Number(values.sample));
  return sample.map(({ each }) => each);
}

function filesIn(within: string): string[] {
  if (within.endsWith(".ts")) return [within];
  return readdirSync(within, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(within, name))
    .toSorted();
}

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
let state = seed;

/** Mulberry32. */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

async function main(): Promise<void> {
  const asked = positionals.length > 0 ? positionals : Object.keys(folders);
  const shareMs = (Number(values.minutes) * 60_000) / asked.length;
  const lines: string[] = [];
  for (const within of asked) {
    const folder = Object.keys(folders).find((each) => within.startsWith(each));
    if (!folder) throw new Error(`${within} is in none of the folders.`);
    const until = performance.now() + shareMs;
    const { made, noticed, timeouts, survivors } = await scoreOf(
      folder,
      within,
      until,
    );
    const percent = made ? Math.round((100 * noticed) / made) : 0;
    lines.push(
      `mutation: ${within}: ${noticed} of ${made} mistakes noticed (${percent} %), ${timeouts} by a time-out`,
      ...survivors.map((survivor) => `  survived: ${survivor}`),
    );
  }
  await runner.stop();
  if (!values.all) lines.push(`mutation: SEED=${seed} repeats this sample`);
  console.log(lines.join("\n"));
  if (values.scores) writeFileSync(values.scores, `${lines.join("\n")}\n`);
}

void main();
