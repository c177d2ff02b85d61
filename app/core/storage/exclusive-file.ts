import { randomBytes } from "node:crypto";
import path from "node:path";
import { errorCode } from "../runtime/errors";
import type { FileSystem } from "./file-system";

const TEMPORARY = /^[0-9a-f]{24}\.tmp$/;

/** Random, because pods share process ids, and a leftover must never be in the way. */
export const temporaryName = () => `${randomBytes(12).toString("hex")}.tmp`;

/** Whether a file is a write that was under way: a leftover, if it is old. */
export const isTemporary = (name: string) => TEMPORARY.test(name);

/**
 * Makes a file that is complete and on disk from the moment that anyone can see it: written under
 * a temporary name, flushed, linked, and the folder flushed.
 *
 * @param bytes Must differ from what anyone else writes (hold a random token): by this a call that
 *   took effect is told from one that failed, where the system reports a failure for both.
 * @returns Whether this call made the file; `false` if the name is taken.
 * @throws The file system's error, ENOENT if there is no such folder. Then the file may or may not
 *   be there, and may not survive a crash.
 */
export async function createExclusively(
  fileSystem: FileSystem,
  folder: string,
  name: string,
  bytes: Buffer,
): Promise<boolean> {
  const temporary = path.join(folder, temporaryName());
  try {
    await writeFlushed(fileSystem, temporary, bytes);
    const made = await linkOnce(fileSystem, temporary, folder, name, bytes);
    if (made) await fileSystem.syncDirectory(folder);
    return made;
  } finally {
    // Nobody waits for this: what stays behind is swept.
    fileSystem.unlink(temporary).catch(() => undefined);
  }
}

async function writeFlushed(
  fileSystem: FileSystem,
  file: string,
  bytes: Buffer,
): Promise<void> {
  const handle = await fileSystem.open(file, "wx");
  try {
    await handle.write(bytes, 0);
    await handle.sync();
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
  // A network file system may report here what it could not write earlier.
  await handle.close();
}

async function linkOnce(
  fileSystem: FileSystem,
  temporary: string,
  folder: string,
  name: string,
  bytes: Buffer,
): Promise<boolean> {
  try {
    await fileSystem.link(temporary, path.join(folder, name));
    return true;
  } catch (error) {
    if (await holds(fileSystem, folder, name, bytes)) return true;
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function holds(
  fileSystem: FileSystem,
  folder: string,
  name: string,
  bytes: Buffer,
): Promise<boolean> {
  try {
    await fileSystem.refresh(folder);
    return bytes.equals(await fileSystem.readFile(path.join(folder, name)));
  } catch {
    return false;
  }
}

/**
 * Makes a folder and those above it that are missing, each on disk when this resolves.
 *
 * @returns Whether this call made it; `false` if it was there.
 */
export async function createFolder(
  fileSystem: FileSystem,
  folder: string,
): Promise<boolean> {
  const made = await makeOneFolder(fileSystem, folder).catch(
    async (error: unknown) => {
      const parent = path.dirname(folder);
      if (errorCode(error) !== "ENOENT" || parent === folder) throw error;
      await createFolder(fileSystem, parent);
      return makeOneFolder(fileSystem, folder);
    },
  );
  // Also where another made it, who may not have come to flushing it yet.
  await fileSystem.syncDirectory(path.dirname(folder));
  return made;
}

async function makeOneFolder(
  fileSystem: FileSystem,
  folder: string,
): Promise<boolean> {
  try {
    await fileSystem.mkdir(folder);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * The names in a folder, as they are on disk now.
 *
 * @returns `undefined` if there is no such folder.
 */
export async function listFresh(
  fileSystem: FileSystem,
  folder: string,
): Promise<string[] | undefined> {
  const names = await listIfThere(fileSystem, folder);
  if (names) return names;
  // A network file system remembers for a while that a name was missing, unless it is made to look.
  await refresh(fileSystem, path.dirname(folder));
  return listIfThere(fileSystem, folder);
}

async function listIfThere(
  fileSystem: FileSystem,
  folder: string,
): Promise<string[] | undefined> {
  try {
    return await fileSystem.readdir(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function refresh(fileSystem: FileSystem, folder: string): Promise<void> {
  const isThere = await opens(fileSystem, folder);
  const parent = path.dirname(folder);
  if (isThere || parent === folder) return;
  await refresh(fileSystem, parent);
  await opens(fileSystem, folder);
}

async function opens(fileSystem: FileSystem, folder: string): Promise<boolean> {
  try {
    await fileSystem.refresh(folder);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

/**
 * Removes a folder of files at once for all who look for it by name, and then from the disk.
 * A writer that is at work in it finds it gone; what it still makes is removed with the rest.
 * One that is not there (any more) is no error.
 */
export async function removeFolder(
  fileSystem: FileSystem,
  folder: string,
): Promise<void> {
  const removed = path.join(path.dirname(folder), temporaryName());
  try {
    await fileSystem.rename(folder, removed);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  await emptyFolder(fileSystem, removed);
}

/** Removes a folder of files (left by {@link removeFolder}, if it was cut). */
export async function emptyFolder(
  fileSystem: FileSystem,
  folder: string,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    for (const name of (await listIfThere(fileSystem, folder)) ?? []) {
      await removeAny(fileSystem, path.join(folder, name));
    }
    try {
      return await fileSystem.rmdir(folder);
    } catch (error) {
      const code = errorCode(error);
      if (code === "ENOENT") return;
      if (code !== "ENOTEMPTY" || attempt === 10) throw error;
    }
  }
}

async function removeAny(fileSystem: FileSystem, file: string): Promise<void> {
  try {
    await fileSystem.unlink(file);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return;
    if (code !== "EISDIR" && code !== "EPERM") throw error;
    await emptyFolder(fileSystem, file);
  }
}
