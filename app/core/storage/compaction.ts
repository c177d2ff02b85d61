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
import type { LogLine, LogReader } from "./log-reader";

/**
 * How much younger another segment must be before what a segment holds is removed, by the file
 * system's own clock. Far above the time for which a writer trusts what it has listed.
 */
const FOLDED_REMOVABLE_AFTER_MS = 600_000;

const GIVEN_UP_AFTER = 10;

/**
 * Makes the segments that are due, smallest first, and removes what is not needed any more.
 *
 * @param segmentSizes How many entries they hold, ascending.
 */
export async function compactLog(
  log: LogReader,
  segmentSizes: readonly number[],
): Promise<void> {
  let newest: string | undefined;
  for (const size of segmentSizes) {
    const listing = await log.list();
    for (const from of dueSegments(listing, size)) {
      newest = (await makeSegment(log, listing, from, size)) ?? newest;
    }
  }
  if (newest === undefined) return;
  // It was just made: its time is now, by the file system's clock.
  const now = await mtimeMs(log, newest);
  if (now !== undefined) await removeCompacted(log, now);
}

/** Where segments of this size begin that can be made now. */
function dueSegments(listing: LogListing, size: number): number[] {
  const made = new Set(
    listing.files
      .filter((source) => source.to - source.from + 1 >= size)
      .flatMap(({ from, to }) => beginnings(from, to, size)),
  );
  return beginnings(1, listing.last, size).filter(
    (from) => !made.has(from) && isDue(listing, from, from + size - 1),
  );
}

/** The first number of every whole run of this size. */
function beginnings(from: number, to: number, size: number): number[] {
  const count = Math.floor((to - from + 1) / size);
  return range(0, count - 1).map((index) => from + index * size);
}

function isDue(listing: LogListing, from: number, to: number): boolean {
  const present = listing.between(from, to).length;
  // A number may be missing for ever. It is waited for until as many others have followed.
  const isComplete = present === to - from + 1;
  return isComplete || (present > 1 && listing.last >= to + GIVEN_UP_AFTER);
}

async function makeSegment(
  log: LogReader,
  listing: LogListing,
  from: number,
  size: number,
): Promise<string | undefined> {
  const to = from + size - 1;
  const lines = await collectLines(log, listing, from, to);
  const name = segmentName(from, to, [...lines.keys()]);
  // A name has at most 255 bytes: with so much missing there is nothing to gain.
  if (lines.size < 2 || name.length > 250) return undefined;
  const text = [...lines.values()].map((line) => `${line.text}\n`).join("");
  const { fileSystem } = log.storage;
  await createExclusively(fileSystem, log.folder, name, Buffer.from(text));
  return name;
}

/** By number, ascending. The longest sources come first, and count. */
async function collectLines(
  log: LogReader,
  listing: LogListing,
  from: number,
  to: number,
): Promise<Map<number, LogLine>> {
  const found = new Map<number, LogLine>();
  for (const source of listing.files) {
    if (source.from < from || source.to > to) continue;
    const wanted = range(source.from, source.to).some((n) => !found.has(n));
    for (const line of (wanted && (await log.readFile(source))) || []) {
      const { number } = line.entry;
      if (!found.has(number)) found.set(number, line);
    }
  }
  return new Map([...found].toSorted(([a], [b]) => a - b));
}

/**
 * Removes the files whose entries are all in a longer segment which has been there for long.
 *
 * @param now Milliseconds since 1970 by the file system's clock, as a new file's time tells it.
 * @returns How many files were removed.
 */
export async function removeCompacted(
  log: LogReader,
  now: number,
): Promise<number> {
  const { files } = await log.list();
  let removed = 0;
  for (const segment of files.filter(isSegment)) {
    const held = files.filter((source) => isHeld(source, segment));
    if (held.length === 0) continue;
    const made = await mtimeMs(log, segment.name);
    if (made === undefined || now - made < FOLDED_REMOVABLE_AFTER_MS) continue;
    if (!(await isWhole(log, segment))) continue;
    removed += await removeSources(log, held);
  }
  return removed;
}

const isHeld = (source: LogFile, segment: LogFile) =>
  source.to - source.from < segment.to - segment.from &&
  range(source.from, source.to).every(
    (number) => !covers(source, number) || covers(segment, number),
  );

/** What a damaged segment should hold is still needed. */
async function isWhole(log: LogReader, segment: LogFile): Promise<boolean> {
  const lines = await log.readFromDisk(segment);
  return lines?.length === entryCount(segment);
}

async function removeSources(
  log: LogReader,
  sources: LogFile[],
): Promise<number> {
  for (const { name } of sources) {
    await log.storage.fileSystem
      .unlink(path.join(log.folder, name))
      .catch((error: unknown) => {
        if (errorCode(error) !== "ENOENT") throw error;
      });
  }
  return sources.length;
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
