import path from "node:path";
import type { SweepConfig } from "../core/config/config";
import {
  emptyFolder,
  listFresh,
  temporaryName,
} from "../core/storage/exclusive-file";
import { ActiveReplyIndex } from "../core/storage/layout/active-reply-index";
import {
  ownerOf,
  type RecordFolders,
  recordFoldersIn,
} from "../core/storage/layout/record-folders";
import { ABANDONED, isVisit } from "../core/storage/layout/visits";
import { LogListing } from "../core/storage/log-listing";
import { createMarker, removeMarker } from "../core/storage/marker-file";
import { LEFTOVER_AFTER_MS, type Sweep, throttled } from "./sweep";

/** Allows for clock differences, and for visits of which the marker could not be created. */
const MARGIN_MS = 7 * 86_400_000;

/**
 * How long after the last recorded visit no session of an anonymous owner can exist. Each visit
 * renews the session, and a visit whose marker failed renews it once more: hence twice the idle
 * timeout. No session outlives its maximum age.
 */
export function abandonedAfterMs(
  config: Pick<
    SweepConfig,
    "SESSION_IDLE_SECONDS" | "SESSION_ABSOLUTE_SECONDS"
  >,
): number {
  const { SESSION_IDLE_SECONDS: idle, SESSION_ABSOLUTE_SECONDS: most } = config;
  return Math.min(2 * idle, most) * 1000 + MARGIN_MS;
}

/**
 * Removes anonymous owners whose session can no longer exist, with all that is theirs.
 *
 * A first sweep marks the owner. A later one, at least an hour after, renames the folder and empties
 * it unless the owner has visited meanwhile. So a clock that is wrong during one sweep removes
 * nothing. The rename has one winner, and an interrupted removal is completed by the next sweep.
 */
export class AbandonedOwners {
  private readonly folders: RecordFolders;
  private readonly activeReplies: ActiveReplyIndex;

  constructor(
    private readonly sweep: Sweep,
    private readonly directory: string,
    private readonly abandonedMs: number,
  ) {
    this.folders = recordFoldersIn(directory);
    this.activeReplies = new ActiveReplyIndex(
      sweep.fileSystem,
      this.folders.activeReplies,
    );
  }

  /** @returns True if the folder was an owner's, and is removed. */
  async sweepFolder(folder: string): Promise<boolean> {
    const ownerHash = ownerOf(this.directory, folder);
    if (!ownerHash) return false;
    const { fileSystem, tally } = this.sweep;
    const visits = this.folders.visits(ownerHash);
    const names = (await listFresh(fileSystem, visits)) ?? [];
    const mark = path.join(visits, ABANDONED);
    const isMarked = names.includes(ABANDONED);
    if (!(await this.isAbandoned(folder, names))) {
      if (isMarked) await removeMarker(fileSystem, mark);
      return false;
    }
    if (!isMarked) {
      await createMarker(fileSystem, mark);
      tally.marked++;
      return false;
    }
    if ((await this.sweep.age(mark)) < LEFTOVER_AFTER_MS) return false;
    return this.remove(folder, ownerHash);
  }

  /** @param visits The names in the owner's folder of visits. */
  private async isAbandoned(
    folder: string,
    visits: readonly string[],
  ): Promise<boolean> {
    const files = visits.filter(isVisit);
    // It is unknown that this owner is anonymous.
    if (files.length === 0) return false;
    const inVisits = files.map((name) => path.join(folder, "visits", name));
    // Backends of the version before change data without a visit marker.
    const changed = await this.lastChange(path.join(folder, "activity"));
    for (const file of [...inVisits, ...changed]) {
      if ((await this.sweep.age(file)) <= this.abandonedMs) return false;
    }
    return true;
  }

  private async lastChange(events: string): Promise<string[]> {
    const names = (await listFresh(this.sweep.fileSystem, events)) ?? [];
    const { files, last } = new LogListing(names, { monotonic: 0, wall: 0 });
    const newest = files.filter(({ to }) => to >= last);
    return newest.map(({ name }) => path.join(events, name));
  }

  private async remove(folder: string, ownerHash: string): Promise<boolean> {
    const { fileSystem, tally } = this.sweep;
    // A reply that is still listed would be started again, in a new folder.
    await this.activeReplies.removeAll((ref) => ref.ownerHash === ownerHash);
    const shard = path.dirname(folder);
    const removed = path.join(shard, temporaryName());
    await fileSystem.rename(folder, removed);
    const visits = await listFresh(fileSystem, path.join(removed, "visits"));
    if (!(await this.isAbandoned(removed, visits ?? []))) {
      // The owner visited between the check and the rename.
      await fileSystem.rename(removed, folder);
      return false;
    }
    tally.owners++;
    // The new name must be on disk before any part of the folder is removed.
    await fileSystem.syncDirectory(shard);
    await emptyFolder(throttled(this.sweep), removed);
    return true;
  }
}
