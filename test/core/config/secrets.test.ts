import { chmod, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { readOrCreateSecret } from "../../../app/core/config/secrets";
import { temporaryFolders } from "../../support/temporary-folder";

const temporaryFolder = temporaryFolders();

const STRONG = "0123456789abcdef0123456789abcdef";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  file = path.join(folder, "SESSION_KEYS");
});

const read = () => readOrCreateSecret(folder, "SESSION_KEYS");

it("creates a strong secret that only its user can read", async () => {
  const [secret = ""] = await read();
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await read()).toEqual([secret]);
});

it.each([
  ["a letter", "a"],
  ["a short word", "correct horse battery"],
  ["a repeated letter", "a".repeat(64)],
  ["nothing", "\n"],
  ["a weak one beside a strong one", `${STRONG}\nold`],
])("refuses a file with %s, and names the remedy", async (_, text) => {
  await writeFile(file, text, { mode: 0o600 });
  await expect(read()).rejects.toThrow(/weak.*openssl rand -hex 32/);
});

it("refuses a file that every user can read, and names the remedy", async () => {
  await writeFile(file, STRONG);
  await chmod(file, 0o644);
  await expect(read()).rejects.toThrow(`chmod 600 ${file}`);
  await chmod(file, 0o640);
  expect(await read()).toEqual([STRONG]);
});
