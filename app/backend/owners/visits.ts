import path from "node:path";
import { LRUCache } from "lru-cache";
import { Counter, type Registry } from "prom-client";
import { errorCode } from "../../core/runtime/errors";
import type { Logger } from "../../core/runtime/log";
import { metricDefinitions } from "../../core/runtime/metric-definitions";
import type { FileSystem } from "../../core/storage/file-system";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import { isVisit, visitOn } from "../../core/storage/layout/visits";
import { createMarker, removeMarker } from "../../core/storage/marker-file";

export interface VisitsDeps {
  fileSystem: FileSystem;
  folders: RecordFolders;
  log: Logger;
  metrics: Registry;
  now: () => Date;
}

/** Owners whose visit of the day is known; balances memory against two calls per owner. */
const OWNERS = 50_000;

/** For this long, a visit that only reads does not look for data again. */
const ABSENT_MS = 60_000;

/**
 * Records on which day an anonymous owner last visited, so that a sweep can remove abandoned data.
 * Costs a few calls of the file system per owner, process and day.
 */
export class Visits {
  private readonly recorded = new LRUCache<string, string>({ max: OWNERS });
  /** When owners had no data, in milliseconds since 1970: without data they need no marker. */
  private readonly absent = new LRUCache<string, number>({ max: OWNERS });
  private readonly total: Counter<"result">;

  constructor(private readonly deps: VisitsDeps) {
    this.total = new Counter({
      ...metricDefinitions.ownerVisits,
      registers: [deps.metrics],
    });
  }

  /**
   * Records a visit, after the request that is part of it. Never rejects.
   *
   * @param isChange True if the request may have created the owner's first data.
   */
  async record(ownerHash: string, isChange: boolean): Promise<void> {
    const now = this.deps.now();
    const today = visitOn(now);
    if (this.recorded.get(ownerHash) === today) return;
    const absentMs = now.getTime() - (this.absent.get(ownerHash) ?? -Infinity);
    if (!isChange && absentMs < ABSENT_MS) return;
    try {
      if (await this.write(ownerHash, today)) {
        this.recorded.set(ownerHash, today);
        this.absent.delete(ownerHash);
        this.total.inc({ result: "recorded" });
      } else {
        this.absent.set(ownerHash, now.getTime());
      }
    } catch (error) {
      this.total.inc({ result: "failed" });
      this.deps.log.warn({ error }, "failed to record visit");
    }
  }

  /** @returns False if the owner has no data. */
  private async write(ownerHash: string, today: string): Promise<boolean> {
    const { fileSystem, folders } = this.deps;
    const folder = folders.visits(ownerHash);
    const file = path.join(folder, today);
    try {
      await createMarker(fileSystem, file);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      if (!(await this.makeFolder(folder))) return false;
      await createMarker(fileSystem, file);
    }
    await this.removeEarlier(folder, today);
    return true;
  }

  /** Not the owner's own folder: a late request must not bring back removed data. */
  private async makeFolder(folder: string): Promise<boolean> {
    try {
      await this.deps.fileSystem.mkdir(folder);
      return true;
    } catch (error) {
      const code = errorCode(error);
      if (code === "ENOENT") return false;
      if (code !== "EEXIST") throw error;
      return true;
    }
  }

  private async removeEarlier(folder: string, today: string): Promise<void> {
    const { fileSystem } = this.deps;
    for (const name of await fileSystem.readdir(folder)) {
      if (!isVisit(name) || name >= today) continue;
      await removeMarker(fileSystem, path.join(folder, name));
    }
  }
}
