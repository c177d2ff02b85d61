import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { temporaryFolders } from "../support/temporary-folder";

const temporaryFolder = temporaryFolders();
const script = path.join(__dirname, "../../scripts/support/audit.js");

/** Runs the audit with an npm that prints this answer. */
async function audit(answer: string) {
  const folder = await temporaryFolder();
  const npm = `#!/bin/sh\ncat <<'END'\n${answer}\nEND\n`;
  writeFileSync(path.join(folder, "npm"), npm, { mode: 0o755 });
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    env,
    encoding: "utf8",
  });
  return { status, text: stdout + stderr };
}

const found = (total: number, prod = 50) =>
  JSON.stringify({
    metadata: { vulnerabilities: { total }, dependencies: { prod } },
  });

const refusal = JSON.stringify({
  message: "405 Method Not Allowed - POST https://user:secret@registry/bulk",
});

it.each([
  [
    "no finding",
    found(0),
    0,
    "Audited 50 packages of production: no advisory.",
  ],
  ["a finding", found(2), 1, "Found 2 advisories for 50 packages"],
  ["no package", found(0, 0), 2, "NOT AUDITED"],
  ["a refusal", refusal, 2, "no advisories (405 Method Not Allowed). Repeat"],
  ["a registry without advisories", '{"error":{}}', 2, "NOT AUDITED"],
  ["no network", "", 2, "NOT AUDITED"],
])("answers by its exit code with %s", async (_, answer, status, text) => {
  const result = await audit(answer);
  expect(result.status).toBe(status);
  expect(result.text).toContain(text);
});
