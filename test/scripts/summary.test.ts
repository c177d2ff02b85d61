import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
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

async function summarize(script: string, files: Record<string, string>) {
  const folder = await newFolder();
  for (const [name, text] of Object.entries(files)) {
    await writeFile(path.join(folder, name), text);
  }
  const { status, stdout } = spawnSync(process.execPath, [script, folder], {
    encoding: "utf8",
  });
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

it("CI lists as flaky what passed when jest repeated it", async () => {
  const flaky = { ...passed, invocations: 2 };
  const files = { "kind.json": run("a.kind.ts", [passed, flaky]) };
  expect(await summarize(".ci/second-try.js", files)).toEqual({
    status: 0,
    lines: ["flaky: adds", "2 passed, 0 failed, 0 skipped"],
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
