import { execFileSync, spawnSync } from "node:child_process";

const hasGo = spawnSync("go", ["version"]).status === 0;
const run = (file: string, args: string[] = []) =>
  spawnSync(file, args, { encoding: "utf8" });

if (hasGo || process.env.CI) {
  it("actionlint finds nothing in the workflows", () => {
    const install = "scripts/support/install-actionlint";
    const actionlint = execFileSync(install, { encoding: "utf8" }).trim();
    const { status, stdout } = run(actionlint, ["-no-color"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });
} else {
  const reason = "needs Go: https://go.dev/dl, then scripts/test";
  test.skip(`actionlint finds nothing in the workflows (${reason})`, () =>
    expect(hasGo).toBe(true));
}
