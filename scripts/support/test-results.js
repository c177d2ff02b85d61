// Reads the results of jest runs (`--json`): a folder with one file per run.
const { existsSync, readFileSync, readdirSync } = require("node:fs");
const path = require("node:path");

/** Results of a second run of files that failed begin with this. */
const AGAIN = "again";

/** Every test file's results; those of the second run replace the first's. */
function readResults(folder) {
  const runs = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const resultsOf = (names) =>
    names.flatMap((name) => readRun(path.join(folder, name)));
  const later = resultsOf(runs.filter((name) => name.startsWith(AGAIN)));
  return resultsOf(runs.filter((name) => !name.startsWith(AGAIN))).map(
    (first) => later.find(({ name }) => name === first.name) ?? first,
  );
}

function readRun(file) {
  return JSON.parse(readFileSync(file, "utf8")).testResults;
}

const testsOf = (files) => files.flatMap((file) => file.assertionResults);
const withStatus = (files, status) =>
  testsOf(files).filter((test) => test.status === status);

/** A file can fail without a failed test: it does not load, or a hook fails. */
const hasFailed = (file) =>
  file.status === "failed" || withStatus([file], "failed").length > 0;

/** `passed`, `failed` and `skipped` as numbers. */
function count(files) {
  const broken = files.filter(
    (file) => hasFailed(file) && withStatus([file], "failed").length === 0,
  );
  return {
    passed: withStatus(files, "passed").length,
    failed: withStatus(files, "failed").length + broken.length,
    skipped: withStatus(files, "pending").length,
  };
}

/** The lines that scripts/mutation left beside the results: scores, and named mistakes. */
function mutationLines(folder) {
  return ["named.txt", "mutation.txt"]
    .map((name) => path.join(folder, name))
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, "utf8").trim().split("\n"));
}

/** True if a test passed although its named mistake was made. */
const isUnnoticed = (line) => line.startsWith("NOT NOTICED");

/** The line by which CI counts tests. */
const closingLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

module.exports = {
  AGAIN,
  closingLine,
  count,
  hasFailed,
  isUnnoticed,
  mutationLines,
  readResults,
  withStatus,
};
