import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { ConfigError } from "./config";
import { errorCode } from "../runtime/errors";

/** The names of the files in `SECRETS_DIRECTORY`, which are also the names of the settings. */
export type SecretName = "INTERNAL_TOKEN" | "SESSION_KEYS";

/**
 * Reads a secret from its file, which is created at first start. Processes that start together get
 * the same secret.
 *
 * @returns The values, newest first. The file has one in each line, or several, comma-separated.
 * @throws ConfigError with a remedy, if the file can be neither read nor created.
 */
export async function readOrCreateSecret(
  directory: string,
  name: SecretName,
): Promise<string[]> {
  const file = path.join(directory, name);
  try {
    return (await readIfExists(file)) ?? (await createOnce(directory, file));
  } catch (error) {
    const code = errorCode(error) ?? "unreadable";
    throw new ConfigError(
      `SECRETS_DIRECTORY ${JSON.stringify(directory)} can't be used (${code}). Make it writable, set another path, or set ${name} itself.`,
    );
  }
}

/** Reads a secret, newest value first; `undefined` if there is no file. */
export function readSecret(
  directory: string,
  name: SecretName,
): Promise<string[] | undefined> {
  return readIfExists(path.join(directory, name));
}

async function readIfExists(file: string): Promise<string[] | undefined> {
  try {
    const values = (await readFile(file, "utf8")).split(/[\n,]/);
    return values.map((value) => value.trim()).filter((value) => value !== "");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** The process that links first decides; others read its value. */
async function createOnce(directory: string, file: string): Promise<string[]> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(8).toString("hex")}.tmp`;
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(`${randomBytes(32).toString("base64url")}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await link(temporary, file).catch((error: unknown) => {
    if (errorCode(error) !== "EEXIST") throw error;
  });
  await rm(temporary);
  return (await readIfExists(file)) ?? [];
}
