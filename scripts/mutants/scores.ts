import { performance } from "node:perf_hooks";
import {
  type Candidate,
  filesIn,
  isHarmless,
  mistakesIn,
  sampleOf,
} from "./candidates";
import { folders } from "./folders";
import { applyTo, changeOf, describeMutant } from "./mutators";
import type { Result, TestRunner } from "./run-tests";

/** A mutant's tests may take so many times as long as without it. */
const SLOWDOWN = 5;
const LEAST_MS = 60_000;
const LONGEST_MS = 900_000;
const TESTED_MS = 300_000;

export interface ScoreOptions {
  all: boolean;
  sample: number;
  seed: number;
  /** True if the tests are known to pass without a mistake. */
  isTested: boolean;
  /** Only mistakes that survived in these lines of an earlier score. */
  again?: string;
  /** By `performance.now()`; no mistake is made later. */
  until: number;
}

export interface Score {
  within: string;
  made: number;
  noticed: number;
  /** Mistakes by which a test did not end in time, and none failed. A slow machine causes that too. */
  timeouts: string[];
  survivors: string[];
}

/** Makes mistakes in a folder or file, some at a time. */
export async function scoreOf(
  within: string,
  runners: TestRunner[],
  options: ScoreOptions,
): Promise<Score> {
  const tests = testsOf(within);
  const score: Score = {
    within,
    made: 0,
    noticed: 0,
    timeouts: [],
    survivors: [],
  };
  const limitMs = options.isTested
    ? TESTED_MS
    : await limitFor(within, tests, runners[0]!);
  if (limitMs === undefined) return score;
  const left = chosenIn(within, options);
  const work = async (runner: TestRunner) => {
    for (let next = left.shift(); next; next = left.shift()) {
      if (performance.now() > options.until) return;
      const { file, source, mutant } = next;
      const mutated = { file, text: applyTo(source, mutant) };
      const result = await runner.run(mutated, [file], tests, limitMs);
      count(score, describeMutant(source, mutant), result);
    }
  };
  await Promise.all(runners.map(work));
  return score;
}

export function testsOf(within: string): string[] {
  const folder = Object.keys(folders).find((each) => within.startsWith(each));
  if (!folder) throw new Error(`${within} is in none of the folders.`);
  return folders[folder] ?? [];
}

function count(score: Score, name: string, result: Result | undefined): void {
  const isLate = !result || (result.late !== undefined && !result.failed);
  const late = `time-out ${result?.late ?? ""}`.trim();
  const by = isLate ? late : (result.failed ?? "SURVIVED");
  console.error(`  ${name}  [${by}]`);
  score.made += 1;
  if (isLate) score.timeouts.push(name);
  if (by === "SURVIVED") score.survivors.push(name);
  else score.noticed += 1;
}

/** How long a folder's tests may take; `undefined` if they fail without a mistake. */
async function limitFor(
  within: string,
  tests: string[],
  runner: TestRunner,
): Promise<number | undefined> {
  const begun = performance.now();
  const files = filesIn(within);
  const result = await runner.run(undefined, files, tests, LONGEST_MS);
  const takenMs = performance.now() - begun;
  if (result?.ran && !result.failed && !result.late) {
    return Math.ceil(LEAST_MS + SLOWDOWN * takenMs);
  }
  const why = result ? (result.failed ?? result.late) : "time-out";
  console.error(
    `${within}: its tests fail without a mistake: ${why ?? "there are none"}`,
  );
  process.exitCode = 1;
  return undefined;
}

/** All mistakes, or a random sample; without those that cannot matter. */
function chosenIn(within: string, options: ScoreOptions): Candidate[] {
  const all = mistakesIn(within);
  console.error(`${within}: ${all.length} possible mistakes`);
  const chosen =
    options.all || options.again !== undefined
      ? all.filter((each) => isAgain(each, options.again))
      : sampleOf(all, options.sample, options.seed);
  return chosen.filter((each) => !isHarmless(each));
}

/** True if an earlier score lists it. Line numbers may have changed since. */
function isAgain({ file, source, mutant }: Candidate, again?: string): boolean {
  if (again === undefined) return true;
  const change = changeOf(source, mutant);
  return again
    .split("\n")
    .some((line) => line.includes(`${file}:`) && line.endsWith(`: ${change}`));
}
