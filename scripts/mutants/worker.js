// A process that runs the tests of mutants, one after another, at its parent's request.
const path = require("node:path");
const { runCLI } = require("jest");
const { projects } = require("../../jest.config");

const root = path.join(__dirname, "../..");
const TIMEOUT_MS = Number(process.env.KEEPSAKE_MUTANT_TEST_MS ?? 30_000);

process.on("message", ({ mutant, files, tests, title }) => {
  run(mutant, files, tests, title).then(
    (result) => process.send(result),
    (error) => process.send({ error: String(error) }),
  );
});

// Its parent was killed.
process.on("disconnect", () => process.exit(1));

async function run(mutant, files, tests, title) {
  process.env.KEEPSAKE_MUTANT = JSON.stringify(mutant ?? null);
  const { results } = await runCLI(
    {
      _: files,
      ...(title ? { runTestsByPath: true } : { findRelatedTests: true }),
      config: JSON.stringify(configFor(mutant, tests)),
      runInBand: true,
      silent: true,
      passWithNoTests: true,
      ...(title && { testNamePattern: `${escapeForRegExp(title)}$` }),
    },
    [root],
  );
  const nameOf = ({ testFilePath }) => path.relative(root, testFilePath);
  const failed = results.testResults.find(
    ({ numFailingTests, testExecError }) =>
      numFailingTests === 0 && testExecError,
  );
  // Every other failure was reported when it happened.
  const late = results.testResults.find(
    ({ numFailingTests }) => numFailingTests > 0,
  );
  return {
    ran: results.numPassedTests + results.numFailedTests,
    failed: failed && `${nameOf(failed)}: does not load`,
    late: late && nameOf(late),
  };
}

const escapeForRegExp = (text) => text.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&");

function configFor(mutant, tests) {
  const { displayName: _, transform, globals, ...base } = projects[0];
  const [[pattern, [, options]]] = Object.entries(transform);
  return {
    ...base,
    rootDir: root,
    // Jest finds the tests of a file only if it knows the files between them.
    roots: ["app", "k8s", "scripts", "test"].map((name) => `<rootDir>/${name}`),
    testMatch: tests.map((test) => `<rootDir>/${test}`),
    testEnvironment: path.join(__dirname, "environment.js"),
    testSequencer: path.join(__dirname, "quick-first.js"),
    reporters: [],
    // The mutant makes the configuration unique: jest keeps transformed files for each.
    globals: {
      ...globals,
      testKind: { name: "unit", timeoutMs: TIMEOUT_MS },
      mutant,
    },
    transform: { [pattern]: [path.join(__dirname, "transform.js"), options] },
  };
}
