// Adds up the results of several test runs and prints one closing line. Exits with 1 if a run
// left no result, if anything failed, or if nothing passed.
const { readdirSync, readFileSync } = require("node:fs");
const path = require("node:path");

const folder = process.argv[2];
const runs = readdirSync(folder).map((name) =>
  JSON.parse(readFileSync(path.join(folder, name), "utf8")),
);
const sum = (key) => runs.reduce((total, run) => total + (run[key] ?? 0), 0);

for (const run of runs) {
  for (const file of run.testResults ?? []) {
    for (const test of file.assertionResults ?? []) {
      if (test.status === "pending") console.error(`skipped: ${test.fullName}`);
    }
  }
}
const passed = sum("numPassedTests");
const failed = sum("numFailedTests") + sum("numRuntimeErrorTestSuites");
const skipped = sum("numPendingTests");
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
