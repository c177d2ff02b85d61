import path from "node:path";
import {
  type DocumentVersion,
  parseVersion,
  VERSION,
} from "../core/storage/document-versions";
import { isTemporary } from "../core/storage/exclusive-file";
import { isUnreadable } from "../core/storage/file-system";
import { parseObject } from "../core/storage/json";
import { entryCount, isSegment, LogListing } from "../core/storage/log-listing";
import { type LogEntry, LogReader } from "../core/storage/log-reader";
import { createStorageContext } from "../core/storage/storage-context";
import type { Findings } from "./findings";

const DAMAGED = /^v[1-9]\d*\.damaged$/;
const EPOCH = { monotonic: 0, wall: 0 };

export const UNKNOWN = "is no file of Keepsake";
const UNFINISHED = "is the temporary file of an unfinished write";

/** Sorts the names in a folder; moves temporary and unknown files away. */
export async function knownNames(
  findings: Findings,
  folder: string,
  isKnown: (name: string) => boolean,
): Promise<string[]> {
  const known: string[] = [];
  for (const name of await findings.fileSystem.readdir(folder)) {
    if (isKnown(name)) known.push(name);
    else {
      const problem = isTemporary(name) ? UNFINISHED : UNKNOWN;
      await findings.move(path.join(folder, name), problem);
    }
  }
  return known;
}

/** The names in a folder; none if it does not exist. */
export async function namesIn(
  findings: Findings,
  folder: string,
): Promise<string[]> {
  return findings.fileSystem.readdir(folder).catch(() => []);
}

async function readText(
  findings: Findings,
  file: string,
): Promise<string | undefined> {
  try {
    return (await findings.fileSystem.readFile(file)).toString();
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** True for a format that a later version of the program writes. */
const isNewer = (text: string | undefined) =>
  Number(parseObject(text?.split("\n")[0] ?? "")?.format) > 1;

export const NEWER =
  "Check it with the version of Keepsake that wrote it, or a later one.";

/**
 * Checks a versioned document, and moves unreadable versions away.
 *
 * @returns The newest readable version, which may be the tombstone.
 */
export async function checkDocument(
  findings: Findings,
  folder: string,
): Promise<DocumentVersion | undefined> {
  findings.count("versioned documents");
  const names = await knownNames(
    findings,
    folder,
    (name) => VERSION.test(name) || DAMAGED.test(name) || name === "ending",
  );
  let newest: DocumentVersion | undefined;
  for (const name of names.filter((one) => VERSION.test(one))) {
    const file = path.join(folder, name);
    const text = await readText(findings, file);
    const number = Number(name.slice(1));
    const version = parseVersion(number, text ?? "")?.toVersion(EPOCH);
    if (!version && isNewer(text)) {
      findings.report(file, "has the format of a later version", NEWER);
    } else if (!version) {
      await findings.move(file, "can't be read as a version");
      if (names.includes(`${name}.damaged`)) {
        await findings.move(`${file}.damaged`, "marks that version");
      }
    } else if (number > (newest?.number ?? 0)) newest = version;
  }
  return newest;
}

export interface CheckOptions {
  /** True for the names of files that are in the folder, too. */
  isExtra?: (name: string) => boolean;
  /** Called with each entry once, in no order. */
  onEntry?: (entry: LogEntry) => void;
}

/**
 * Checks an append log, and moves entries that can't be read away. Memory does not grow with its length.
 *
 * @returns What is left of it.
 */
export async function checkLog(
  findings: Findings,
  folder: string,
  { isExtra = () => false, onEntry }: CheckOptions = {},
): Promise<LogListing> {
  findings.count("append logs");
  const isLogFile = (name: string) =>
    new LogListing([name], EPOCH).files.length > 0;
  const names = await knownNames(
    findings,
    folder,
    (name) => isLogFile(name) || isExtra(name),
  );
  const { fileSystem } = findings;
  const storage = createStorageContext({ fileSystem, cacheBytes: 1 });
  const reader = new LogReader(storage, folder);
  const whole: string[] = [];
  const seen = new Set<number>();
  for (const file of new LogListing(names, EPOCH).files) {
    const where = path.join(folder, file.name);
    let count = 0;
    for await (const { entry } of reader.linesOnDisk(file)) {
      count++;
      if (!seen.has(entry.number)) onEntry?.(entry);
      seen.add(entry.number);
      if (Number(entry.format) > 1) {
        findings.report(where, "has the format of a later version", NEWER);
      }
    }
    if (count === entryCount(file)) whole.push(file.name);
    else if (isSegment(file) && count > 0) {
      whole.push(file.name);
      findings.report(
        where,
        "can't be read whole",
        "Its readable entries are served. Restore the file from another backup if you can.",
      );
    } else await findings.move(where, "can't be read as an entry");
  }
  return new LogListing(whole, EPOCH);
}
