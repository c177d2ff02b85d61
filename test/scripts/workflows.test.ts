import { execFileSync, spawnSync } from "node:child_process";
import { describeWithGo } from "../k8s/support/go";

describeWithGo(describe, "the workflows", () => {
  it("leave actionlint nothing to report", () => {
    const install = "scripts/support/install-actionlint";
    const actionlint = execFileSync(install, { encoding: "utf8" }).trim();
    const { status, stdout } = spawnSync(actionlint, ["-no-color"], {
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });
});
