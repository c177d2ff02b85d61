import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { folders } from "./folders";
import { makeNamed } from "./named";
import { TestRunner } from "./run-tests";
import { type Score, scoreOf } from "./scores";

/** Run by scripts/mutation. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    again: { type: "string" },
    named: { type: "boolean", default: false },
    sample: { type: "string", default: "10" },
    tested: { type: "boolean", default: false },
    minutes: { type: "string", default: "Infinity" },
    scores: { type: "string" },
    workers: { type: "string" },
  },
});

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));

async function main(): Promise<void> {
  // Most tests wait for most of their time.
  const workers = Number(values.workers ?? availableParallelism());
  const runners = Array.from({ length: workers }, () => new TestRunner());
  const lines = values.named ? await named(runners) : await scores(runners);
  await Promise.all(runners.map((runner) => runner.stop()));
  console.log(lines.join("\n"));
  if (values.scores) writeFileSync(values.scores, `${lines.join("\n")}\n`);
}

async function named(runners: TestRunner[]): Promise<string[]> {
  const until = performance.now() + Number(values.minutes) * 60_000;
  const pattern = positionals[0] ?? "";
  const { lines, isEachNoticed } = await makeNamed(runners, {
    pattern,
    until,
    seed,
  });
  if (!isEachNoticed) process.exitCode = 1;
  return lines;
}

async function scores(runners: TestRunner[]): Promise<string[]> {
  const asked = positionals.length > 0 ? positionals : Object.keys(folders);
  const shareMs = (Number(values.minutes) * 60_000) / asked.length;
  const again = values.again && readFileSync(values.again, "utf8");
  const lines: string[] = [];
  for (const within of asked) {
    const score = await scoreOf(within, runners, {
      all: values.all,
      sample: Number(values.sample),
      seed,
      isTested: values.tested,
      again,
      until: performance.now() + shareMs,
    });
    lines.push(...report(score));
  }
  if (!values.all) lines.push(`mutation: SEED=${seed} repeats this sample`);
  return lines;
}

function report({ within, made, noticed, timeouts, survivors }: Score) {
  const percent = made ? Math.round((100 * noticed) / made) : 0;
  return [
    `mutation: ${within}: ${noticed} of ${made} mistakes noticed (${percent} %), ${timeouts.length} by a time-out`,
    ...timeouts.map((late) => `  timed out: ${late}`),
    ...survivors.map((survivor) => `  survived: ${survivor}`),
  ];
}

void main();
