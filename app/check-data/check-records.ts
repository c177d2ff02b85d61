import path from "node:path";
import { isTemporary } from "../core/storage/exclusive-file";
import {
  parseQueueName,
  parseReplyName,
} from "../core/storage/layout/active-reply-index";
import { isHash, isShard } from "../core/storage/layout/hashes";
import { parseHeartbeat } from "../core/storage/layout/heartbeats";
import {
  LOST_AND_FOUND,
  type RecordFolders,
  recordFoldersIn,
  type ReplyRef,
} from "../core/storage/layout/record-folders";
import { SharedLookups } from "../core/storage/layout/shared-links";
import { LogListing } from "../core/storage/log-listing";
import { OwnerCheck } from "./check-owner";
import { knownNames, namesIn, UNKNOWN } from "./check-structures";
import type { Findings } from "./findings";

const TOP = ["owners", "shared", "in-progress", LOST_AND_FOUND];

/** Checks a `DATA_DIRECTORY`, owner by owner: memory does not grow with their number. */
export async function checkRecords(findings: Findings): Promise<void> {
  const { directory } = findings;
  const folders = recordFoldersIn(directory);
  const top = await knownNames(findings, directory, (name) =>
    TOP.includes(name),
  );
  if (top.includes("owners")) {
    for await (const hash of hashesIn(findings, folders.owners)) {
      await new OwnerCheck(findings, folders, hash).check();
    }
  }
  if (top.includes("shared")) await checkLookups(findings, folders);
  if (top.includes("in-progress")) await checkActiveReplies(findings, folders);
}

/** The names of the folders that are grouped by the first digits of a hash. */
export async function* hashesIn(
  findings: Findings,
  folder: string,
): AsyncGenerator<string, void> {
  for (const shard of await knownNames(findings, folder, isShard)) {
    const inside = path.join(folder, shard);
    for (const name of await namesIn(findings, inside)) {
      // A temporary folder holds data that was being removed; a sweep completes that.
      if (isTemporary(name)) continue;
      if (isHash(name) && name.startsWith(shard)) yield name;
      else await findings.move(path.join(inside, name), UNKNOWN);
    }
  }
}

/** One that leads to no link is harmless: a sweep removes it. */
async function checkLookups(
  findings: Findings,
  folders: RecordFolders,
): Promise<void> {
  const lookups = new SharedLookups(findings.fileSystem, folders);
  for await (const hash of hashesIn(findings, folders.shared)) {
    findings.count("lookups of links");
    if (await lookups.read(hash)) continue;
    const file = lookups.fileOf(hash);
    await findings.move(file, "can't be read as the lookup of a link");
  }
}

async function checkActiveReplies(
  findings: Findings,
  folders: RecordFolders,
): Promise<void> {
  const folder = folders.activeReplies;
  const names = await knownNames(findings, folder, (name) =>
    [parseHeartbeat, parseReplyName, parseQueueName].some(
      (parse) => parse(name) !== undefined,
    ),
  );
  for (const name of names) {
    const ref = parseReplyName(name);
    if (!ref) continue;
    findings.count("active replies");
    if (await hasPrompt(findings, folders, ref)) continue;
    await findings.move(
      path.join(folder, name),
      "names a reply to a message that does not exist",
    );
  }
}

async function hasPrompt(
  findings: Findings,
  folders: RecordFolders,
  { ownerHash, conversation, number }: ReplyRef,
): Promise<boolean> {
  const messages = folders.messages(ownerHash, conversation);
  const names = await namesIn(findings, messages);
  const listing = new LogListing(names, { monotonic: 0, wall: 0 });
  return listing.has(number - 1);
}
