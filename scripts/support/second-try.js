// Runs the test files that failed once more, one after another: `secondTry.js RESULTS AGAIN`, both
// files of jest's results. A busy machine can fail a test that waits for other processes; what fails
// alone, too, is broken. The summary names each, so that none hides. Exits with 1 if one fails again.
const { spawnSync } = require("node:child_process");
const { failed, readFiles } = require("./test-results");

/** More than these is no matter of chance. */
const MOST = 4;

const [results, again] = process.argv.slice(2);
const files = readFiles(results)
  .filter(failed)
  .map((file) => file.name);

if (files.length === 0 || files.length > MOST) process.exit(1);
console.error(`\nOnce more, as they failed:\n${files.join("\n")}\n`);
const { status } = spawnSync(
  "npx",
  [
    "jest",
    "--runInBand",
    "--json",
    `--outputFile=${again}`,
    "--runTestsByPath",
    ...files,
  ],
  { stdio: "inherit" },
);
process.exit(status ?? 1);
