// Runs the test files that failed once more, one after another: `second-try.js FOLDER`, the folder of
// their results. Lists the scores of scripts/mutation, and as flaky what passed then: each such test is a
// defect. Exits with 1 if one fails again, if so many failed that chance is no explanation, or if a named
// mistake was not noticed.
const { spawnSync } = require("node:child_process");
const path = require("node:path");
const {
  AGAIN,
  closingLine,
  count,
  hasFailed,
  isUnnoticed,
  mutationLines,
  readResults,
  withStatus,
} = require("../scripts/support/test-results");

const MOST = 4;

/** These need a cluster, which scripts/kind-test creates. */
const KIND = ".kind.ts";

const folder = process.argv[2];
const first = readResults(folder);
const failed = first.filter(hasFailed);
if (first.length === 0 || failed.length > MOST) process.exit(1);
if (failed.length > 0) runAgain(failed.map((file) => file.name));

const last = readResults(folder);
const mutations = mutationLines(folder);
for (const line of mutations) console.log(line);
for (const line of flakyFiles()) console.log(`flaky: ${line}`);
const total = count(last);
console.log(closingLine(total));
const isGood = total.failed === 0 && total.passed > 0;
process.exitCode = isGood && !mutations.some(isUnnoticed) ? 0 : 1;

function runAgain(files) {
  console.error(`\nFailed, and run once more, alone:\n${files.join("\n")}\n`);
  const results = path.join(folder, AGAIN);
  const onKind = files.filter((file) => file.endsWith(KIND));
  const others = files.filter((file) => !file.endsWith(KIND));
  if (others.length > 0) {
    const options = ["jest", "--runInBand", "--json"];
    const output = `--outputFile=${results}.json`;
    run("npx", [...options, output, "--runTestsByPath", ...others]);
  }
  if (onKind.length > 0) {
    const names = onKind.map((file) => path.basename(file, KIND));
    const options = ["--short", "--json", `${results}-kind.json`];
    run("scripts/kind-test", [...options, ...names]);
  }
}

function run(command, args) {
  spawnSync(command, args, { stdio: "inherit" });
}

function flakyFiles() {
  const passed = failed.filter(
    ({ name }) => !last.some((file) => file.name === name && hasFailed(file)),
  );
  return passed.flatMap((file) => {
    const name = path.relative(".", file.name);
    const tests = withStatus([file], "failed");
    return tests.length > 0
      ? tests.map((test) => `${name}: ${test.fullName}`)
      : [name];
  });
}
