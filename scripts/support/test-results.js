// What jest wrote of a run (`--json`), by file.

const { readFileSync } = require("node:fs");

/** The files of a run's results, each with its tests; a file that couldn't run has none. */
function readFiles(path) {
  return JSON.parse(readFileSync(path, "utf8")).testResults;
}

const failedTests = (file) =>
  file.assertionResults.filter((test) => test.status === "failed");

/** A file fails by a test, or as a whole: it doesn't load, or its end fails. */
const failed = (file) =>
  file.status === "failed" || failedTests(file).length > 0;

module.exports = { readFiles, failed, failedTests };
