import { spawnSync } from "node:child_process";
import path from "node:path";

it("finds no input that breaks a promise in a minute", () => {
  const root = path.join(__dirname, "../..");
  const { status, stdout, stderr } = spawnSync(
    path.join(root, "scripts/fuzz"),
    ["--seconds", "60"],
    { encoding: "utf8" },
  );
  expect({ status, stderr, stdout }).toMatchObject({ status: 0 });
  expect(stdout).toMatch(/^markdown: \d+ runs, \d+ inputs kept$/m);
});
