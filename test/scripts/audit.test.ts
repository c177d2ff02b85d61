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

const found = (total: number) =>
  JSON.stringify({ metadata: { vulnerabilities: { total } } });

it.each([
  ["no finding", found(0), 0, "no advisory"],
  ["a finding", found(2), 1, "Found 2 advisories"],
  ["a registry without advisories", '{"error":{}}', 2, "NOT AUDITED"],
  ["no network", "", 2, "NOT AUDITED"],
])("answers by its exit code with %s", async (_, answer, status, text) => {
  const result = await audit(answer);
  expect(result.status).toBe(status);
  expect(result.text).toContain(text);
});
