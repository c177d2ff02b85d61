import { type LogEntry, LogMissingError } from "../log-reader";
import { AppendLog } from "../append-log";
import type { StorageContext } from "../storage-context";
import { toJson } from "../json";
import type { OwnerEvent } from "./owner-events";

/** Few files, also after years: 100,000 entries are a hundred segments. */
const SEGMENT_SIZES = [10, 100, 1000];

/** An owner's activity: a log of what changes the lists of their conversations and projects. */
export class OwnerEventLog {
  private readonly log: AppendLog;

  constructor(files: StorageContext, folder: string) {
    this.log = new AppendLog(files, folder, { segmentSizes: SEGMENT_SIZES });
  }

  /** Notes something; it is on disk, and in every later {@link readAfter}, when this resolves. */
  async append(entry: OwnerEvent): Promise<void> {
    const given = { format: 1, ...toJson(entry) };
    try {
      await this.log.append(given);
    } catch (error) {
      if (!(error instanceof LogMissingError)) throw error;
      // The owner's first.
      await this.log.createFolder();
      await this.log.append(given);
    }
  }

  /**
   * What was noted after an entry, as it is on disk: other versions of the program note, too.
   *
   * @returns With the number of the last entry, readable or not; `undefined` if nothing was noted.
   */
  async readAfter(
    number: number,
  ): Promise<{ entries: LogEntry[]; last: number } | undefined> {
    const listing = await this.log.listIfExists();
    if (!listing || listing.last <= number) return undefined;
    const { last } = listing;
    return {
      entries: await this.log.readRange(number + 1, last, listing),
      last,
    };
  }
}
