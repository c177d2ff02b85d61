import { readFileSync } from "node:fs";
import { type NamedMistake, namedMistakes } from "./named-mistakes";
import { sampleOf } from "./candidates";
import type { Result, TestRunner } from "./run-tests";

/** The bound within which a test must notice its mistake. */
const LIMIT_MS = 60_000;

/** By a mistake in the mistake. */
const DOES_NOT_LOAD = ": does not load";

/** The file with the mistake. @throws If the code that it changes is not there once. */
export function makeMistake({ file, from, to }: NamedMistake) {
  const source = readFileSync(file, "utf8");
  const [before, after, ...more] = source.split(from);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`${file} must have this once:\n${from}`);
  }
  return { file, text: before + to + after };
}

/**
 * Makes each named mistake whose sentence contains the pattern.
 *
 * @returns A line for each, and true if all were noticed.
 */
export async function makeNamed(
  runners: TestRunner[],
  { pattern, until, seed }: { pattern: string; until: number; seed: number },
): Promise<{ lines: string[]; isEachNoticed: boolean }> {
  const asked = namedMistakes.filter(({ mistake }) =>
    mistake.includes(pattern),
  );
  // In another order each time: a short time makes each of them now and then.
  const left = sampleOf(asked, asked.length, seed);
  const lines: string[] = [];
  const unnoticed: string[] = [];
  const work = async (runner: TestRunner) => {
    for (let next = left.shift(); next; next = left.shift()) {
      if (performance.now() > until) return;
      const begun = performance.now();
      const result = await run(runner, next);
      const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
      const outcome = outcomeOf(next, result, seconds);
      const line = `${outcome}: ${next.mistake} [${next.test}: ${next.title}]`;
      console.error(`  ${line}`);
      lines.push(line);
      if (outcome === NOT_NOTICED) unnoticed.push(line);
    }
  };
  await Promise.all(runners.map(work));
  const noticed = lines.filter((line) => line.startsWith("noticed")).length;
  const summary = `mutation: ${noticed} of ${lines.length} named mistakes noticed, of ${asked.length} in all`;
  return { lines: [summary, ...lines], isEachNoticed: unnoticed.length === 0 };
}

const NOT_NOTICED = "NOT NOTICED";

function outcomeOf(
  { test }: NamedMistake,
  result: Result | undefined,
  seconds: string,
): string {
  // By a slow machine, or a mistake that blocks the process.
  const isLate = result?.late !== undefined && result.failed === undefined;
  if (!result || isLate) return `no result in ${LIMIT_MS / 1_000} s`;
  const isNoticed = result.failed?.startsWith(`${test}: `) === true;
  return isNoticed ? `noticed in ${seconds} s` : NOT_NOTICED;
}

async function run(runner: TestRunner, named: NamedMistake) {
  const { test, title } = named;
  const mutated = makeMistake(named);
  const result = await runner.run(mutated, [test], [test], LIMIT_MS, title);
  if (result?.failed?.endsWith(DOES_NOT_LOAD)) throw new Error(result.failed);
  if (result?.ran === 0 && result.failed === undefined) {
    throw new Error(`${test} has no test "${title}".`);
  }
  return result;
}
