const { availableParallelism } = require("node:os");
const { testKinds } = require("./scripts/support/test-kinds");

/** The bound for one test of each kind, in milliseconds: several times what it takes on an idle machine. */
const TIMEOUTS = {
  unit: 60_000,
  http: 90_000,
  process: 150_000,
  browser: 150_000,
  firefox: 300_000,
  long: 300_000,
  "long-browser": 300_000,
  kind: 900_000,
};

const kinds = testKinds();
// Tests on a cluster run where scripts/kind-test has made one.
if (process.env.KIND_URL) kinds.kind = ["**/test/e2e/kind/*.kind.ts"];

/** @type {import('jest').Config} */
module.exports = {
  maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
  projects: Object.entries(kinds).map(([kind, testMatch]) => ({
    displayName: kind,
    testEnvironment: "node",
    roots: ["<rootDir>/test"],
    testMatch,
    globals: { testKind: { name: kind, timeoutMs: TIMEOUTS[kind] } },
    setupFilesAfterEnv: ["<rootDir>/test/support/set-up-kind.js"],
    transform: {
      "^.+\\.[jt]s$": [
        "@swc/jest",
        {
          jsc: { parser: { syntax: "typescript" }, target: "es2022" },
          module: { type: "commonjs" },
        },
      ],
    },
    // Packages without a CommonJS build: Node can require them, Jest can't.
    transformIgnorePatterns: [
      "/node_modules/(?!(markdown-it-cjk-friendly|get-east-asian-width)/)",
    ],
  })),
};
