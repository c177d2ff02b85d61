import path from "node:path";
import { isTemporary } from "../shared/files/exclusiveFile";
import { ExclusiveLog } from "../shared/files/exclusiveLog";
import { createFiles } from "../shared/files/Files";
import { removeFolded } from "../shared/files/foldLog";
import { isSegment, LogListing } from "../shared/files/logListing";
import { newestVersion } from "../shared/files/documentVersions";
import type { Sweep } from "./Sweep";
import { sweepNames } from "./sweepSessions";

/**
 * Removes old versions of documents, entries that are in a segment, and leftovers, from all
 * folders under a directory. Memory doesn't grow with their number.
 */
export async function sweepRecords(
  sweep: Sweep,
  directory: string,
): Promise<void> {
  await sweep.each(foldersUnder(sweep, directory), (folder) =>
    sweepFolder(sweep, folder),
  );
}

async function* foldersUnder(
  sweep: Sweep,
  folder: string,
): AsyncGenerator<string> {
  yield folder;
  for await (const { name, isFolder } of sweep.entries(folder)) {
    if (!isFolder) continue;
    const inner = path.join(folder, name);
    if (isTemporary(name)) await sweep.removeLeftover(inner);
    else yield* foldersUnder(sweep, inner);
  }
}

async function sweepFolder(sweep: Sweep, folder: string): Promise<void> {
  const names = await sweep.fileSystem.readdir(folder);
  const newest = newestVersion(names);
  const age = newest ? await sweep.age(path.join(folder, newest)) : 0;
  await sweepNames(sweep, folder, names, age);
  const listing = new LogListing(names, { monotonic: 0, wall: 0 });
  if (!listing.sources.some(isSegment)) return;
  const files = createFiles({ fileSystem: sweep.fileSystem, cacheBytes: 1 });
  const log = new ExclusiveLog(files, folder);
  sweep.tally.folded += await removeFolded(log, sweep.begun);
}
