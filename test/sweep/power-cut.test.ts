import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { AppendLog } from "../../app/core/storage/append-log";
import { createStorageContext } from "../../app/core/storage/storage-context";
import type { FileSystem } from "../../app/core/storage/file-system";
import { VersionedDocument } from "../../app/core/storage/versioned-document";
import { sweepRecords } from "../../app/sweep/sweep-records";
import { MemoryDisk } from "../support/memory-disk";
import { beginSweep } from "../support/begin-sweep";

const HOUR = 3_600_000;
const OWNER = "0a".repeat(32);
const ID = "a".repeat(26);
const folders = recordFoldersIn("/");
const conversation = path.dirname(folders.settings(OWNER, ID));

const settingsOn = (fileSystem: FileSystem) =>
  new VersionedDocument(
    createStorageContext({ fileSystem }),
    folders.settings(OWNER, ID),
  );

const messagesOn = (fileSystem: FileSystem) =>
  new AppendLog(
    createStorageContext({ fileSystem }),
    folders.messages(OWNER, ID),
  );

/** The state of a conversation whose settings were ended, after a power cut. */
async function left(disk: FileSystem): Promise<string> {
  const names = await disk.readdir(path.dirname(conversation));
  if (!names.includes(path.basename(conversation))) return "nothing";
  const ended = (await settingsOn(disk).read())?.isTombstone;
  const messages = await messagesOn(disk).readRange(1, 2);
  return `${ended ? "ended" : "half"}, ${messages.length} messages`;
}

test("a conversation is removed as a whole, through any power cut", async () => {
  let now = Date.now() - 2 * HOUR;
  const disk = new MemoryDisk(undefined, () => now);
  await settingsOn(disk).create({});
  await settingsOn(disk).deleteAfter(1);
  await messagesOn(disk).createFolder();
  await messagesOn(disk).append({});
  await messagesOn(disk).append({});
  // Unawaited calls end here, long before a sweep.
  await turn();
  for (const folder of [
    folders.settings(OWNER, ID),
    folders.messages(OWNER, ID),
  ]) {
    await disk.syncDirectory(folder);
  }
  const before = disk.operations.length;
  now += 2 * HOUR;
  const sweep = await beginSweep("/", disk);
  await sweepRecords(sweep, "/", { deletedMs: HOUR });
  expect(sweep.tally).toMatchObject({ conversations: 1, failed: 0 });

  const found = new Set<string>();
  for (let cut = before; cut <= disk.operations.length; cut++) {
    for (const after of disk.cutAfter(cut)) found.add(await left(after));
  }
  expect([...found].toSorted()).toEqual(["ended, 2 messages", "nothing"]);
});
