import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { temporaryFolders } from "../support/temporary-folder";

const newFolder = temporaryFolders();

interface Test {
  fullName: string;
  status: "passed" | "failed" | "pending";
}

const passed = { fullName: "adds", status: "passed" } as const;
const failed = { fullName: "subtracts", status: "failed" } as const;
const skipped = (fullName: string) =>
  ({ fullName, status: "pending" }) as const;

/** Jest's output for a run of one file. */
const run = (name: string, assertionResults: Test[], status = "passed") =>
  JSON.stringify({ testResults: [{ name, status, assertionResults }] });

async function summarize(
  script: string,
  files: Record<string, string>,
  cwd = ".",
) {
  const folder = await newFolder();
  for (const [name, text] of Object.entries(files)) {
    await writeFile(path.join(folder, name), text);
  }
  const { status, stdout } = spawnSync(
    process.execPath,
    [path.resolve(script), folder],
    {
      encoding: "utf8",
      cwd,
      env: { ...process.env, PATH: `${cwd}:${process.env["PATH"]}` },
    },
  );
  return { status, lines: stdout.trim().split("\n") };
}

const summary = "scripts/support/summary.js";

it("the summary counts skipped tests by their reason, with the command that runs them", async () => {
  const pods = "(needs an API server: `setup` scripts/test)";
  const tests = [
    passed,
    skipped(`the policies ${pods} refuse a pod`),
    skipped(`the policies ${pods} admit a pod`),
    skipped("streams a reply (needs a browser: apt-get install chromium)"),
  ];
  const files = { "usual.json": run("a.test.ts", tests) };
  expect(await summarize(summary, files)).toEqual({
    status: 0,
    lines: [
      "2 skipped: needs an API server. To run: `setup` scripts/test",
      "1 skipped: needs a browser. To run: apt-get install chromium",
      "1 passed, 0 failed, 3 skipped",
    ],
  });
});

it("the summary names what failed, files that did not load included", async () => {
  const files = {
    "long.json": run("a.test.ts", [passed, failed], "failed"),
    "usual.json": run("b.test.ts", [], "failed"),
  };
  expect(await summarize(summary, files)).toEqual({
    status: 1,
    lines: [
      "failed: a.test.ts: subtracts",
      "failed: b.test.ts",
      "1 passed, 2 failed, 0 skipped",
    ],
  });
});

it("the summary fails if no test passed", async () => {
  const files = { "usual.json": run("a.test.ts", []) };
  expect(await summarize(summary, files)).toEqual({
    status: 1,
    lines: ["0 passed, 0 failed, 0 skipped"],
  });
});

it("CI ends with the scores of the mutation tests, and fails if a named mistake was not noticed", async () => {
  const scores = "mutation: app: 9 of 10 mistakes noticed (90 %)";
  const unnoticed = "NOT NOTICED: a lost flush [a.test.ts: keeps all]";
  const files = {
    "mutation.txt": `${scores}\n`,
    "usual.json": run("a.test.ts", [passed]),
  };
  const script = ".ci/second-try.js";
  expect(await summarize(script, files)).toEqual({
    status: 0,
    lines: [scores, "1 passed, 0 failed, 0 skipped"],
  });
  const { status, lines } = await summarize(script, {
    ...files,
    "named.txt": `${unnoticed}\n`,
  });
  expect(status).toBe(1);
  expect(lines).toContain(unnoticed);
});

it("the summary begins with the scores of the mutation tests", async () => {
  const scores = "mutation: app: 9 of 10 mistakes noticed (90 %)";
  const files = {
    "mutation.txt": `${scores}\n`,
    "usual.json": run("a.test.ts", [passed]),
  };
  expect(await summarize(summary, files)).toEqual({
    status: 0,
    lines: [scores, "1 passed, 0 failed, 0 skipped"],
  });
});

/** A program that writes results of a run in which the failed test passes. */
const passing = (name: string) => `#!/bin/sh
for option; do case $option in *again*.json) file=\${option#--outputFile=} ;; esac; done
echo '${run(name, [{ ...failed, status: "passed" }])}' >"$file"
`;

it("CI repeats what failed, on a cluster of its own where it needs one, and lists it as flaky", async () => {
  const programs = await newFolder();
  await mkdir(path.join(programs, "scripts"));
  const write = (name: string, text: string) =>
    writeFile(path.join(programs, name), text, { mode: 0o755 });
  await write("npx", passing("a.test.ts"));
  await write("scripts/kind-test", passing("b.kind.ts"));
  const files = {
    "kind.json": run("b.kind.ts", [passed, failed], "failed"),
    "usual.json": run("a.test.ts", [failed], "failed"),
  };
  expect(await summarize(".ci/second-try.js", files, programs)).toEqual({
    status: 0,
    lines: [
      "flaky: b.kind.ts: subtracts",
      "flaky: a.test.ts: subtracts",
      "2 passed, 0 failed, 0 skipped",
    ],
  });
});

it("CI does not repeat more failed files than chance explains", async () => {
  const files = Object.fromEntries(
    ["a", "b", "c", "d", "e"].map((name) => [
      `${name}.json`,
      run(`${name}.test.ts`, [failed], "failed"),
    ]),
  );
  const { status } = await summarize(".ci/second-try.js", files);
  expect(status).toBe(1);
});
