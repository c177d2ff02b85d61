import { spawnSync } from "node:child_process";

const hasGo =
  spawnSync("go", ["version"]).status === 0 || Boolean(process.env["CI"]);

/**
 * A block of tests that build their tools with Go: skipped with a reason where Go is missing, a
 * failure in CI.
 */
export function describeWithGo(
  describeBlock: (name: string, body: () => void) => void,
  name: string,
  body: () => void,
): void {
  if (hasGo) describeBlock(name, body);
  else
    describe.skip(
      `${name} (needs Go: https://go.dev/dl, then scripts/test)`,
      body,
    );
}
