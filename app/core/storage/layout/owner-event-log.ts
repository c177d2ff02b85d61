import path from "node:path";
import type { FileSystem } from "../file-system";
import { LogListing } from "../log-listing";
import { createMarker, removeMarker } from "../marker-file";
import { type LogEntry, LogMissingError } from "../log-reader";
import { AppendLog } from "../append-log";
import type { StorageContext } from "../storage-context";
import { toJson } from "../json";
import type { OwnerEvent } from "./owner-events";

/** Keeps the number of files low: 100,000 entries are a hundred segments. */
const SEGMENT_SIZES = [10, 100, 1000];

const ERASED = /^erased\.([1-9]\d{0,14})$/;

/** True for the name of the marker of an erasure. */
export const isErasure = (name: string): boolean => ERASED.test(name);

/**
 * Removes the entries before an erasure, of which the folder has a marker.
 *
 * @param names The names in the folder.
 * @returns The number of removed files.
 */
export async function removeErased(
  fileSystem: FileSystem,
  folder: string,
  names: readonly string[],
): Promise<number> {
  const numbers = names.map((name) => Number(ERASED.exec(name)?.[1] ?? 0));
  const erased = Math.max(0, ...numbers);
  const { files } = new LogListing(names, { monotonic: 0, wall: 0 });
  const old = files.filter(({ to }) => to < erased).map(({ name }) => name);
  const markers = names.filter((_, index) => {
    const number = numbers[index] ?? 0;
    return number > 0 && number < erased;
  });
  for (const name of [...old, ...markers]) {
    await removeMarker(fileSystem, path.join(folder, name));
  }
  return old.length;
}

/** The log of changes to the lists of an owner's conversations and projects. */
export class OwnerEventLog {
  private readonly log: AppendLog;

  constructor(
    private readonly files: StorageContext,
    private readonly folder: string,
  ) {
    this.log = new AppendLog(files, folder, { segmentSizes: SEGMENT_SIZES });
  }

  /**
   * Resolves when the event is on disk, and so in every later {@link readAfter}.
   *
   * @returns The event's number.
   */
  async append(event: OwnerEvent): Promise<number> {
    const entry = { format: 1, ...toJson(event) };
    try {
      return await this.log.append(entry);
    } catch (error) {
      if (!(error instanceof LogMissingError)) throw error;
      // It is the owner's first event.
      await this.log.createFolder();
      return await this.log.append(entry);
    }
  }

  /** @returns The event's number; `undefined` if the owner has no events. */
  async appendIfExists(event: OwnerEvent): Promise<number | undefined> {
    try {
      return await this.log.append({ format: 1, ...toJson(event) });
    } catch (error) {
      if (error instanceof LogMissingError) return undefined;
      throw error;
    }
  }

  /**
   * Removes the events before an erasure. The marker lets a sweep remove what a compaction at the
   * same moment, or a crash, leaves.
   */
  async removeBefore(erasure: number): Promise<void> {
    const { fileSystem } = this.files;
    const marker = path.join(this.folder, `erased.${erasure}`);
    await createMarker(fileSystem, marker);
    const names = await fileSystem.readdir(this.folder);
    await removeErased(fileSystem, this.folder, names);
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
