// Adds up the results of several test runs, `NAME.json` and, where files failed and were run once
// more, `NAME.again.json`. Names what was skipped and what passed at its second try only, and prints
// one closing line. Exits with 1 if anything failed at its last try, or if nothing passed.
const { existsSync, readdirSync } = require("node:fs");
const path = require("node:path");
const { failed, failedTests, readFiles } = require("./test-results");

const folder = process.argv[2];
const runs = readdirSync(folder)
  .filter((name) => !name.endsWith(".again.json"))
  .map((name) => path.join(folder, name));

/** The files of a run, each with its first try, and its last, which counts. */
function bothTries(run) {
  const again = run.replace(/\.json$/, ".again.json");
  const later = existsSync(again) ? readFiles(again) : [];
  return readFiles(run).map((first) => ({
    first,
    last: later.find((file) => file.name === first.name) ?? first,
  }));
}

/** What failed first and passed then: whole files, and tests that jest itself tried again. */
function passedLate({ first, last }) {
  if (failed(last)) return [];
  const file = path.relative(".", first.name);
  const late =
    first === last
      ? last.assertionResults.filter((test) => test.invocations > 1)
      : failedTests(first);
  if (first !== last && late.length === 0) return [file];
  return late.map((test) => `${file}: ${test.fullName}`);
}

const tries = runs.flatMap(bothTries);
const files = tries.map(({ last }) => last);
const tests = files.flatMap((file) => file.assertionResults);
const having = (status) => tests.filter((test) => test.status === status);
const late = tries.flatMap(passedLate);

for (const test of having("pending")) {
  console.error(`skipped: ${test.fullName}`);
}
for (const name of late) console.error(`passed at a second try: ${name}`);

const passed = having("passed").length;
const broken = files.filter((file) => failed(file) && !failedTests(file)[0]);
const failures = having("failed").length + broken.length;
console.log(
  `${passed} passed (${late.length} at a second try), ${failures} failed, ${having("pending").length} skipped`,
);
process.exit(failures > 0 || passed === 0 ? 1 : 0);
