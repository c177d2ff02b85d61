import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { ConfigError } from "./config";
import { errorCode } from "../runtime/errors";

/** The names of the files in `SECRETS_DIRECTORY`, which are also the names of the settings. */
export type SecretName = "INTERNAL_TOKEN" | "SESSION_KEYS";

/**
 * A secret that nobody set: read from its file, which is made at first start. Two processes that
 * start together end up with the same secret.
 *
 * @returns The values, newest first (the file holds one a line, or several with commas).
 * @throws ConfigError naming the directory and what to do, if it can be neither read nor written.
 */
export async function readOrMakeSecret(
  directory: string,
  name: SecretName,
): Promise<string[]> {
  const file = path.join(directory, name);
  try {
    return (await readIfThere(file)) ?? (await makeOnce(directory, file));
  } catch (error) {
    const code = errorCode(error) ?? "unreadable";
    throw new ConfigError(
      `SECRETS_DIRECTORY ${JSON.stringify(directory)} can't be used (${code}). Make it writable, set another path, or set ${name} itself.`,
    );
  }
}

/** A secret of `SECRETS_DIRECTORY`, newest value first; `undefined` if there is none. */
export function readSecret(
  directory: string,
  name: SecretName,
): Promise<string[] | undefined> {
  return readIfThere(path.join(directory, name));
}

async function readIfThere(file: string): Promise<string[] | undefined> {
  try {
    const values = (await readFile(file, "utf8")).split(/[\n,]/);
    return values.map((value) => value.trim()).filter((value) => value !== "");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Whoever links first decides; the other reads what it finds. */
async function makeOnce(directory: string, file: string): Promise<string[]> {
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
  return (await readIfThere(file)) ?? [];
}
