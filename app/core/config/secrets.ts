import { randomBytes } from "node:crypto";
import { type FileHandle, link, mkdir, open, rm } from "node:fs/promises";
import path from "node:path";
import { ConfigError } from "./config";
import { errorCode } from "../runtime/errors";
import { isStrongSecret, SECRET_RULE } from "./setting-types";

/** The names of the files in `SECRETS_DIRECTORY`, which are also the names of the settings. */
export type SecretName = "INTERNAL_TOKEN" | "SESSION_KEYS" | "ORIGIN_SECRET";

/**
 * Reads a secret from its file, which is created at first start. Processes that start together get
 * the same secret.
 *
 * @returns The values, newest first. The file has one in each line, or several, comma-separated.
 * @throws ConfigError with a remedy, if the file can be neither read nor created, holds a weak
 *   secret, or can be read by every user.
 */
export async function readOrCreateSecret(
  directory: string,
  name: SecretName,
): Promise<string[]> {
  const file = path.join(directory, name);
  try {
    return (await readIfExists(file)) ?? (await createOnce(directory, file));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
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
  let handle: FileHandle;
  try {
    handle = await open(file);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    await requirePrivate(handle, file);
    const values = (await handle.readFile("utf8"))
      .split(/[\n,]/)
      .map((value) => value.trim())
      .filter((value) => value !== "");
    requireStrong(values, file);
    return values;
  } finally {
    await handle.close();
  }
}

const FOR_OTHERS = 0o007;

/**
 * Checks only a file of this process's own user. Kubernetes mounts Secrets as root's files, whose
 * mode matters to this container alone.
 */
async function requirePrivate(handle: FileHandle, file: string): Promise<void> {
  const { mode, uid } = await handle.stat();
  if (uid !== process.getuid?.() || (mode & FOR_OTHERS) === 0) return;
  throw new ConfigError(
    `${file} can be read or written by every user of this machine. Run: chmod 600 ${file}`,
  );
}

function requireStrong(values: readonly string[], file: string): void {
  if (values.length > 0 && values.every(isStrongSecret)) return;
  throw new ConfigError(
    `${file} holds no secret or a weak one: each ${SECRET_RULE}. Write one with: openssl rand -hex 32 > ${file}`,
  );
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
