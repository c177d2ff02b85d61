import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { temporaryFolders } from "../support/temporary-folder";

const script = path.join(__dirname, "../../scripts/support/find-secrets.js");
const newFolder = temporaryFolders();

async function search(...lines: string[]) {
  const folder = await newFolder();
  await writeFile(path.join(folder, "1.log"), lines.join("\n"));
  const { status, stderr } = spawnSync(process.execPath, [script, folder], {
    encoding: "utf8",
  });
  return { status, stderr };
}

it("passes logs without a secret, and fails without logs", async () => {
  expect(await search('{"path":"/conversations"}')).toMatchObject({
    status: 0,
    stderr: "0 secrets in 1 lines of logs and metrics.\n",
  });
  expect((await search()).status).toBe(1);
});

it.each([
  ["the internal token", "a-token-for-tests-only-0123456789abcdef"],
  ["a bearer token", "authorization: Bearer 0123456789"],
  ["a session cookie", `cookie: __Host-keepsake=${"a".repeat(32)}`],
  ["a session cookie", `keepsake.sig=${"A_-".repeat(9)}`],
  ["an identity token", `eyJ${"a".repeat(40)}.${"b".repeat(40)}.c`],
  ["a key of a model", "sk-a-planted-key-of-the-model"],
  ["a private key", "-----BEGIN EC PRIVATE KEY-----"],
  ["the text of a message", "Hello there"],
])("names the place of %s, and does not repeat it", async (what, secret) => {
  const { status, stderr } = await search("a line", `{"msg":"${secret}"}`);
  expect(status).toBe(1);
  expect(stderr).toContain(`SECRET: ${what} in 1.log:2`);
  expect(stderr).not.toContain(secret);
});
