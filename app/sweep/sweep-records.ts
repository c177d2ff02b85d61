import path from "node:path";
import {
  LOST_AND_FOUND,
  recordFoldersIn,
} from "../core/storage/layout/record-folders";
import { removeErased } from "../core/storage/layout/owner-event-log";
import { isTemporary } from "../core/storage/exclusive-file";
import { createStorageContext } from "../core/storage/storage-context";
import { removeCompacted } from "../core/storage/compaction";
import { isSegment, LogListing } from "../core/storage/log-listing";
import { LogMissingError, LogReader } from "../core/storage/log-reader";
import { newestVersion } from "../core/storage/document-versions";
import { DeletedConversations } from "./deleted-conversations";
import { FinishedReplies } from "./finished-replies";
import { AbandonedOwners } from "./abandoned-owners";
import type { Sweep } from "./sweep";
import { OldImports } from "./old-imports";
import { UnlistedConversations } from "./unlisted-conversations";
import { UnsentFiles } from "./unsent-files";
import { UnusedLinks } from "./unused-links";
import { sweepNames } from "./sweep-sessions";

export interface RecordTerms {
  /** How long a deleted conversation can be restored. */
  deletedMs: number;
  /** How long an anonymous owner's data stays after the last visit; permanently by default. */
  abandonedMs?: number;
}

/**
 * Removes what has expired from all folders under a directory: old versions, compacted entries, epochs of
 * finished replies, files that were not sent, unused links, old imports and leftovers. So go abandoned owners, conversations that were
 * deleted long ago, and those that a dead process left unlisted. Memory does not grow with their number.
 */
export async function sweepRecords(
  sweep: Sweep,
  directory: string,
  { deletedMs, abandonedMs = Infinity }: RecordTerms,
): Promise<void> {
  const deleted = new DeletedConversations(sweep, directory, deletedMs);
  const finished = new FinishedReplies(sweep, directory);
  const abandoned = new AbandonedOwners(sweep, directory, abandonedMs);
  const unlisted = new UnlistedConversations(sweep, directory);
  const unsent = new UnsentFiles(sweep, directory);
  const links = new UnusedLinks(sweep, directory);
  const imports = new OldImports(sweep, directory);
  const { owners: shards } = recordFoldersIn(directory);
  await sweep.each(foldersUnder(sweep, directory, shards), async (folder) => {
    if (await abandoned.sweepFolder(folder)) return;
    const parts = { deleted, finished, unlisted, unsent, links };
    await sweepFolder(sweep, folder, parts);
    await imports.sweepFolder(folder);
  });
}

/** @param shards The folder that is read from a random entry. */
async function* foldersUnder(
  sweep: Sweep,
  folder: string,
  shards: string,
): AsyncGenerator<string> {
  yield folder;
  const entries =
    folder === shards ? sweep.entriesFromRandom(folder) : sweep.entries(folder);
  for await (const { name, isFolder } of entries) {
    if (!isFolder || name === LOST_AND_FOUND) continue;
    const inner = path.join(folder, name);
    if (isTemporary(name)) await sweep.removeLeftover(inner);
    else yield* foldersUnder(sweep, inner, shards);
  }
}

async function sweepFolder(
  sweep: Sweep,
  folder: string,
  {
    deleted,
    finished,
    unlisted,
    unsent,
    links,
  }: {
    deleted: DeletedConversations;
    finished: FinishedReplies;
    unlisted: UnlistedConversations;
    unsent: UnsentFiles;
    links: UnusedLinks;
  },
): Promise<void> {
  const names = await sweep.fileSystem.readdir(folder);
  const newest = newestVersion(names);
  const age = newest ? await sweep.age(path.join(folder, newest)) : 0;
  if (newest) await deleted.sweepFolder(folder, newest, age);
  await unlisted.sweepFolder(folder, names, age);
  await sweepNames(sweep, folder, names, age);
  await finished.sweepFolder(folder, names);
  await unsent.sweepFolder(folder, names);
  await links.sweepFolder(folder, names, age);
  const erased = await removeErased(sweep.fileSystem, folder, names);
  sweep.tally.folded += erased;
  const listing = new LogListing(names, { monotonic: 0, wall: 0 });
  if (!listing.files.some(isSegment)) return;
  const files = createStorageContext({
    fileSystem: sweep.fileSystem,
    cacheBytes: 1,
  });
  const log = new LogReader(files, folder);
  const removed = await removeCompactedIfExists(log, sweep.startedAt);
  // Added after the `await`: other workers change the tally meanwhile.
  sweep.tally.folded += removed;
}

/** The conversation may be removed meanwhile. */
async function removeCompactedIfExists(
  log: LogReader,
  now: number,
): Promise<number> {
  try {
    return await removeCompacted(log, now);
  } catch (error) {
    if (error instanceof LogMissingError) return 0;
    throw error;
  }
}
