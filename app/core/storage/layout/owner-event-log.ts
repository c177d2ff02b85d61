import { type LogEntry, LogMissingError } from "../log-reader";
import { AppendLog } from "../append-log";
import type { StorageContext } from "../storage-context";
import { toJson } from "../json";
import type { OwnerEvent } from "./owner-events";

/** Keeps the number of files low: 100,000 entries are a hundred segments. */
const SEGMENT_SIZES = [10, 100, 1000];

/** The log of changes to the lists of an owner's conversations and projects. */
export class OwnerEventLog {
  private readonly log: AppendLog;

  constructor(files: StorageContext, folder: string) {
    this.log = new AppendLog(files, folder, { segmentSizes: SEGMENT_SIZES });
  }

  /** Resolves when the event is on disk, and so in every later {@link readAfter}. */
  async append(event: OwnerEvent): Promise<void> {
    const entry = { format: 1, ...toJson(event) };
    try {
      await this.log.append(entry);
    } catch (error) {
      if (!(error instanceof LogMissingError)) throw error;
      // It is the owner's first event.
      await this.log.createFolder();
      await this.log.append(entry);
    }
  }

  /**
   * Reads the entries after this number, unparsed: other versions of the program may have written
   * them.
   *
   * @returns Also the number of the last entry, readable or not; `undefined` if there is none.
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
