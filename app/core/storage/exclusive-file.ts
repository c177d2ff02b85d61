import { randomBytes } from "node:crypto";
import path from "node:path";
import { errorCode } from "../runtime/errors";
import type { FileSystem } from "./file-system";

const TEMPORARY = /^[0-9a-f]{24}\.tmp$/;

/** Random: pods share process ids, and a leftover must not block a write. */
export const temporaryName = () => `${randomBytes(12).toString("hex")}.tmp`;

/** True for the file of a write in progress; an old one is a leftover. */
export const isTemporary = (name: string) => TEMPORARY.test(name);

/**
 * Creates a file atomically: it is written under a temporary name, flushed and linked, and the
 * folder is flushed. Its content is on disk before any process can see it; its name when this
 * resolves to true.
 *
 * @param bytes Must be unique (contain a random token), so that after an error the call can check
 *   whether its link took effect.
 * @returns True if this call created the file; false if the name is taken.
 * @throws The file system's error; ENOENT if the folder does not exist. The file may exist then,
 *   and may not survive a crash.
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
    const isCreated = await linkOnce(
      fileSystem,
      temporary,
      folder,
      name,
      bytes,
    );
    if (isCreated) await fileSystem.syncDirectory(folder);
    return isCreated;
  } finally {
    // Not awaited: the sweep removes leftovers.
    fileSystem.unlink(temporary).catch(() => undefined);
  }
}

async function writeFlushed(
  fileSystem: FileSystem,
  file: string,
  bytes: Buffer,
): Promise<void> {
  const handle = await fileSystem.open(file, "wxs");
  try {
    await handle.write(bytes, 0);
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
  // A network file system may report an earlier write error here.
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

/** The bytes that are gathered for one write. Balances the number of calls against memory. */
const PART_BYTES = 256 * 1024;

/**
 * Like {@link createExclusively}, for a file of any length: a few of its pieces are in memory.
 *
 * @param pieces The first one must be unique.
 * @param nameOf The file's name, asked for when all of its pieces are written.
 */
export async function createFromPieces(
  fileSystem: FileSystem,
  folder: string,
  nameOf: () => string,
  pieces: AsyncIterable<Buffer>,
): Promise<boolean> {
  const temporary = path.join(folder, temporaryName());
  try {
    const beginning = await writePieces(fileSystem, temporary, pieces);
    const name = nameOf();
    const isCreated = await linkBegun(
      fileSystem,
      temporary,
      path.join(folder, name),
      beginning,
    );
    if (isCreated) await fileSystem.syncDirectory(folder);
    return isCreated;
  } finally {
    // Not awaited: the sweep removes leftovers.
    fileSystem.unlink(temporary).catch(() => undefined);
  }
}

/** @returns The first piece. */
async function writePieces(
  fileSystem: FileSystem,
  file: string,
  pieces: AsyncIterable<Buffer>,
): Promise<Buffer> {
  const handle = await fileSystem.open(file, "wx");
  let first: Buffer | undefined;
  try {
    let position = 0;
    for await (const part of gathered(pieces)) {
      first ??= part.first;
      await handle.write(part.bytes, position);
      position += part.bytes.length;
    }
    await handle.sync();
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
  // A network file system may report an earlier write error here.
  await handle.close();
  return first ?? Buffer.alloc(0);
}

async function* gathered(
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<{ first: Buffer; bytes: Buffer }, void> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length < PART_BYTES) continue;
    yield { first: waiting[0]!, bytes: Buffer.concat(waiting) };
    waiting = [];
    length = 0;
  }
  if (waiting[0]) yield { first: waiting[0], bytes: Buffer.concat(waiting) };
}

/** @param beginning Unique: tells after an error if the link took effect. */
async function linkBegun(
  fileSystem: FileSystem,
  temporary: string,
  name: string,
  beginning: Buffer,
): Promise<boolean> {
  try {
    await fileSystem.link(temporary, name);
    return true;
  } catch (error) {
    if (await beginsWith(fileSystem, name, beginning)) return true;
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function beginsWith(
  fileSystem: FileSystem,
  name: string,
  beginning: Buffer,
): Promise<boolean> {
  try {
    await fileSystem.refresh(path.dirname(name));
    const handle = await fileSystem.open(name, "r");
    try {
      return beginning.equals(await handle.read(0, beginning.length));
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}

/**
 * Gives a flushed file a second name, which is on disk when this resolves to true.
 *
 * @returns False if the name is taken. It may be this call's own: a network file system can repeat a call
 *   that took effect.
 * @throws The file system's error. The name may exist then, and may not survive a crash.
 */
export async function linkExclusively(
  fileSystem: FileSystem,
  file: string,
  folder: string,
  name: string,
): Promise<boolean> {
  try {
    await fileSystem.link(file, path.join(folder, name));
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
  await fileSystem.syncDirectory(folder);
  return true;
}

/** The folders that are known to be on disk. */
export interface KnownFolders {
  has: (folder: string) => boolean;
  add: (folder: string) => unknown;
}

export interface FolderOptions {
  /** Parents that are on disk, to which parents are added. It saves a listing for each folder but the first. */
  onDisk?: KnownFolders;
  /** A parent that is not created: without it, its record was erased. */
  within?: string | undefined;
}

/**
 * Creates a folder and its missing parents, each on disk when this resolves.
 *
 * A folder gets its first entry only after its own name was flushed. So a parent with entries is
 * on disk; an empty one may have been created by a process that died before the flush.
 *
 * @returns True if this call created it; false if it existed.
 * @throws The file system's error; ENOENT if the folder `within` does not exist.
 */
export async function createFolder(
  fileSystem: FileSystem,
  folder: string,
  { onDisk, within }: FolderOptions = {},
): Promise<boolean> {
  const parent = path.dirname(folder);
  if (!onDisk?.has(parent)) await prepareForEntries(fileSystem, parent, within);
  const isCreated = await createOneFolder(fileSystem, folder).catch(
    async (error: unknown) => {
      // The parent may just have been removed.
      if (errorCode(error) !== "ENOENT" || parent === folder) throw error;
      if (parent === within) throw error;
      await createFolder(fileSystem, parent, { within });
      return createOneFolder(fileSystem, folder);
    },
  );
  // Also if another process created it, since it may not have flushed it yet.
  await fileSystem.syncDirectory(parent);
  onDisk?.add(parent);
  return isCreated;
}

async function prepareForEntries(
  fileSystem: FileSystem,
  folder: string,
  within: string | undefined,
): Promise<void> {
  try {
    for await (const _ of fileSystem.entries(folder)) return;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    if (folder !== within) await createFolder(fileSystem, folder, { within });
    // The name may have been missing when it was last looked up.
    else if ((await listFresh(fileSystem, folder)) === undefined) throw error;
    return;
  }
  await fileSystem.syncDirectory(path.dirname(folder));
}

async function createOneFolder(
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

/** The names in a folder, never from a stale cache; `undefined` if the folder does not exist. */
export async function listFresh(
  fileSystem: FileSystem,
  folder: string,
): Promise<string[] | undefined> {
  const names = await listIfExists(fileSystem, folder);
  if (names) return names;
  // A network file system caches for a while that a name was missing, until its folder is opened.
  await refresh(fileSystem, path.dirname(folder));
  return listIfExists(fileSystem, folder);
}

async function listIfExists(
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
 * Removes a folder of files: renames it, so that it disappears at once, and then empties it. A
 * concurrent writer finds the folder gone, and files that it still creates are removed with the
 * rest. A missing folder is no error.
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

/** Removes a folder of files, also one that an interrupted {@link removeFolder} left. */
export async function emptyFolder(
  fileSystem: FileSystem,
  folder: string,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    for (const name of (await listIfExists(fileSystem, folder)) ?? []) {
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
