import path from "node:path";
import { errorCode } from "../core/runtime/errors";
import { isTemporary, removeFolder } from "../core/storage/exclusive-file";
import { newestVersion, oldVersions } from "../core/storage/document-versions";
import { isHash, isShard } from "../core/storage/layout/hashes";
import {
  type SessionFolders,
  sessionFoldersIn,
} from "../core/storage/layout/session-folders";
import { LEFTOVER_AFTER_MS, OLD_ENOUGH_MS, type Sweep } from "./sweep";

/** Allows for clock differences: an expired session is refused long before it is removed. */
const MARGIN_MS = 3_600_000;

/**
 * Removes expired sessions, old versions and leftovers, by names and file times alone. Memory does
 * not grow with the number of sessions.
 *
 * @param idleMs The idle timeout. (A session at its maximum age is no longer saved, and so becomes
 *   idle.)
 */
export async function sweepSessions(
  sweep: Sweep,
  directory: string,
  idleMs: number,
): Promise<void> {
  await sweep.each(folders(sweep, directory), (folder) =>
    sweepSession(sweep, folder, idleMs + MARGIN_MS),
  );
  const all = sessionFoldersIn(directory);
  await sweep.each(folders(sweep, all.owners), (folder) =>
    sweepOwner(sweep, folder, all),
  );
}

/** The folders named by a hash, in the parent folders named by two digits. */
async function* folders(
  sweep: Sweep,
  directory: string,
): AsyncGenerator<string> {
  for await (const { name: shard } of sweep.entriesFromRandom(directory)) {
    const inside = path.join(directory, shard);
    if (isTemporary(shard)) await sweep.removeLeftover(inside);
    if (!isShard(shard)) continue;
    for await (const name of entries(sweep, inside)) {
      const folder = path.join(inside, name);
      if (isHash(name)) yield folder;
      else if (isTemporary(name)) await sweep.removeLeftover(folder);
    }
  }
}

async function* entries(sweep: Sweep, folder: string): AsyncGenerator<string> {
  for await (const { name } of sweep.entries(folder)) yield name;
}

async function sweepSession(
  sweep: Sweep,
  folder: string,
  expiredAfterMs: number,
): Promise<void> {
  const { fileSystem, tally } = sweep;
  const names = await fileSystem.readdir(folder);
  const newest = newestVersion(names);
  const age = await sweep.age(newest ? path.join(folder, newest) : folder);
  if (newest && age > expiredAfterMs) {
    await removeFolder(fileSystem, folder);
    tally.expired++;
  } else if (!newest && age > LEFTOVER_AFTER_MS) {
    await removeFolder(fileSystem, folder);
    tally.leftovers++;
  } else {
    await sweepNames(sweep, folder, names, age);
  }
}

/**
 * Removes old versions and leftovers from a document's folder.
 *
 * @param age The newest version's.
 */
export async function sweepNames(
  sweep: Sweep,
  folder: string,
  names: readonly string[],
  age: number,
): Promise<void> {
  for (const name of names.filter(isTemporary)) {
    await sweep.removeLeftover(path.join(folder, name));
  }
  if (age < OLD_ENOUGH_MS) return;
  const removed = await sweep.remove(folder, oldVersions(names));
  // Added after the `await`: other workers change the tally meanwhile.
  sweep.tally.versions += removed;
}

/** Removes an owner's entries of missing sessions, and the owner's folder when it is empty. */
async function sweepOwner(
  sweep: Sweep,
  folder: string,
  all: SessionFolders,
): Promise<void> {
  const names = await sweep.fileSystem.readdir(folder);
  let left = names.length;
  for (const name of names) {
    if (await isOfMissingSession(sweep, path.join(folder, name), all)) {
      left -= await sweep.remove(folder, [name]);
      sweep.tally.leftovers++;
    }
  }
  const isOld = (await sweep.age(folder)) > LEFTOVER_AFTER_MS;
  if (left === 0 && isOld) await removeEmpty(sweep, folder);
}

async function isOfMissingSession(
  sweep: Sweep,
  file: string,
  all: SessionFolders,
): Promise<boolean> {
  // An entry is created before its session.
  if ((await sweep.age(file)) < LEFTOVER_AFTER_MS) return false;
  try {
    await sweep.age(all.session(path.basename(file)));
    return false;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    return true;
  }
}

async function removeEmpty(sweep: Sweep, folder: string): Promise<void> {
  try {
    await sweep.fileSystem.rmdir(folder);
  } catch (error) {
    if (errorCode(error) !== "ENOTEMPTY") throw error;
  }
}
