import path from "node:path";
import { errorCode } from "../runtime/errors";
import { createExclusively } from "./exclusive-file";
import {
  covers,
  entryCount,
  isSegment,
  type LogListing,
  range,
  segmentName,
  type LogFile,
} from "./log-listing";
import { type LogLine, type LogReader, SEGMENT_BYTES } from "./log-reader";
import type { Cached } from "./storage-context";

/**
 * The age of a segment from which the files that it replaces are removed, by the file system's own
 * clock. Far above the time for which a writer trusts its listing.
 */
const COMPACTED_REMOVABLE_AFTER_MS = 600_000;

/** Entries that must follow a missing one before a segment is created without it. */
const GIVEN_UP_AFTER = 10;

/** Creates the segments that are due, smallest first, and removes files that others replace. */
export async function compactLog(
  log: LogReader,
  segmentSizes: readonly number[],
): Promise<void> {
  let newest: string | undefined;
  let listing = await log.list();
  for (const size of segmentSizes) {
    const due = dueSegments(listing, size);
    for (const from of due) {
      newest = (await createSegment(log, listing, from, size)) ?? newest;
    }
    if (due.length > 0) listing = await log.list();
  }
  if (newest === undefined) return;
  // The segment is new, so its time is now by the file system's clock.
  const now = await mtimeMs(log, newest);
  if (now !== undefined) await removeCompacted(log, now);
}

/** The first numbers of the segments of this size that can be created now. */
function dueSegments(listing: LogListing, size: number): number[] {
  const existing = new Set(
    listing.files
      .filter(({ from, to }) => to - from + 1 >= size)
      .flatMap(({ from, to }) => firstNumbers(from, to, size)),
  );
  return firstNumbers(1, listing.last, size).filter(
    (from) => !existing.has(from) && isDue(listing, from, from + size - 1),
  );
}

/** The first number of every whole run of this size. */
function firstNumbers(from: number, to: number, size: number): number[] {
  const count = Math.floor((to - from + 1) / size);
  return range(0, count - 1).map((index) => from + index * size);
}

function isDue(listing: LogListing, from: number, to: number): boolean {
  const present = listing.between(from, to).length;
  const isComplete = present === to - from + 1;
  return isComplete || (present > 1 && listing.last >= to + GIVEN_UP_AFTER);
}

async function createSegment(
  log: LogReader,
  listing: LogListing,
  from: number,
  size: number,
): Promise<string | undefined> {
  const to = from + size - 1;
  const lines = await collectLines(log, listing, from, to);
  if (!lines) return undefined;
  const name = segmentName(from, to, [...lines.keys()]);
  // A file name has at most 255 bytes. With so many holes, a segment saves nothing.
  if (lines.size < 2 || name.length > 250) return undefined;
  const text = [...lines.values()].map((line) => `${line.text}\n`).join("");
  const { fileSystem } = log.storage;
  await createExclusively(fileSystem, log.folder, name, Buffer.from(text));
  return name;
}

/** The range of a segment that would be too long, in the cache. */
class TooLong implements Cached {
  readonly weight = 100;
}

/**
 * The entries in ascending order. The longest file that contains an entry counts.
 *
 * @returns `undefined` if they are too long for a segment.
 */
async function collectLines(
  log: LogReader,
  listing: LogListing,
  from: number,
  to: number,
): Promise<Map<number, LogLine> | undefined> {
  const { cache } = log.storage;
  const key = `${path.join(log.folder, `${from}-${to}`)}#too-long`;
  if (cache.has(key)) return undefined;
  const found = new Map<number, LogLine>();
  let bytes = 0;
  for (const file of listing.files) {
    if (file.from < from || file.to > to) continue;
    if (range(file.from, file.to).every((n) => found.has(n))) continue;
    const lines = await log.readShort(file);
    for (const line of lines === "too long" ? [] : (lines ?? [])) {
      const { number } = line.entry;
      if (found.has(number)) continue;
      found.set(number, line);
      bytes += Buffer.byteLength(line.text) + 1;
    }
    if (lines === "too long" || bytes > SEGMENT_BYTES) {
      cache.set(key, new TooLong());
      return undefined;
    }
  }
  return new Map([...found].toSorted(([a], [b]) => a - b));
}

/**
 * Removes the files whose entries are all in a longer, old segment.
 *
 * @param now Milliseconds since 1970 by the file system's clock, as a new file's time tells it.
 * @returns The number of removed files.
 */
export async function removeCompacted(
  log: LogReader,
  now: number,
): Promise<number> {
  const { files } = await log.list();
  let removed = 0;
  // Segments of one length were made in order, or nearly so: after a young one, only young ones follow.
  const young = new Set<number>();
  for (const segment of files.filter(isSegment)) {
    const length = segment.to - segment.from;
    if (young.has(length)) continue;
    const replaced = files.filter((file) => isReplacedBy(file, segment));
    if (replaced.length === 0) continue;
    const made = await mtimeMs(log, segment.name);
    if (made === undefined) continue;
    if (now - made < COMPACTED_REMOVABLE_AFTER_MS) {
      // A time in the future, by a changed clock, tells nothing about the others.
      if (made <= now) young.add(length);
      continue;
    }
    if (!(await isWhole(log, segment))) continue;
    removed += await removeFiles(log, replaced);
  }
  return removed;
}

/** Called for each file and each segment of a long log, so it makes no array and leaves early. */
function isReplacedBy(file: LogFile, segment: LogFile): boolean {
  if (file.to - file.from >= segment.to - segment.from) return false;
  for (let number = file.from; number <= file.to; number++) {
    if (covers(file, number) && !covers(segment, number)) return false;
  }
  return true;
}

/** A damaged segment replaces nothing. */
async function isWhole(log: LogReader, segment: LogFile): Promise<boolean> {
  let count = 0;
  for await (const _ of log.linesOnDisk(segment)) count++;
  return count === entryCount(segment);
}

async function removeFiles(log: LogReader, files: LogFile[]): Promise<number> {
  for (const { name } of files) {
    await log.storage.fileSystem
      .unlink(path.join(log.folder, name))
      .catch((error: unknown) => {
        if (errorCode(error) !== "ENOENT") throw error;
      });
  }
  return files.length;
}

async function mtimeMs(
  log: LogReader,
  name: string,
): Promise<number | undefined> {
  const status = log.storage.fileSystem.stat(path.join(log.folder, name));
  return status.then(
    (found) => found.mtimeMs,
    () => undefined,
  );
}
