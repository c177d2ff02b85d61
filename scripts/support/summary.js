// Summarizes the results of several jest runs: `summary.js FOLDER`. Lists failures, and the reasons for
// skipped tests with the command that runs them. Exits with 1 if a test failed or none passed.
const path = require("node:path");
const {
  closingLine,
  count,
  hasFailed,
  mutationLines,
  readResults,
  withStatus,
} = require("./test-results");

/** A line for each reason, which is in the test's name: `(needs a browser: COMMAND)`. */
function skippedByReason(files) {
  const counts = new Map();
  for (const { fullName } of withStatus(files, "pending")) {
    const [, needs = "no reason given", command = ""] =
      /\(needs (.+?): (.+?)\)(?= |$)/.exec(fullName) ?? [];
    const line = command ? `needs ${needs}. To run: ${command}` : needs;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, number]) => `${number} skipped: ${line}`);
}

function failures(files) {
  return files.filter(hasFailed).flatMap((file) => {
    const name = path.relative(".", file.name);
    const tests = withStatus([file], "failed");
    if (tests.length === 0) return [`failed: ${name}`];
    return tests.map((test) => `failed: ${name}: ${test.fullName}`);
  });
}

const files = readResults(process.argv[2]);
const total = count(files);
for (const line of [
  ...mutationLines(process.argv[2]),
  ...failures(files),
  ...skippedByReason(files),
]) {
  console.log(line);
}
console.log(closingLine(total));
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
