import {
  ActiveReplyIndex,
  parseQueueName,
  parseReplyName,
  queueName,
  replyName,
} from "../../../app/core/storage/layout/active-reply-index";
import {
  folderOf,
  hashOf,
  isHash,
  isShard,
  redactHashesIn,
} from "../../../app/core/storage/layout/hashes";
import { HeartbeatDirectory } from "../../../app/core/storage/layout/heartbeats";
import {
  isErasure,
  OwnerEventLog,
  removeErased,
} from "../../../app/core/storage/layout/owner-event-log";
import {
  conversationOf,
  ownerOf,
  recordFoldersIn,
  replyOf,
} from "../../../app/core/storage/layout/record-folders";
import { isVisit, visitOn } from "../../../app/core/storage/layout/visits";
import type { FileSystem } from "../../../app/core/storage/file-system";
import { createStorageContext } from "../../../app/core/storage/storage-context";
import { failing } from "../../support/failing-file-system";
import { MemoryDisk } from "../../support/memory-disk";

/* The names and small structures on disk that both programs and operators rely on. */

const ownerHash = "0a".repeat(32);
const other = "0b".repeat(32);
const conversation = "a".repeat(26);
const ref = { ownerHash, conversation, number: 12 };
const queue = { ownerHash, conversation };
const folders = recordFoldersIn("/records");

describe("names", () => {
  test("a reply and a queue are found by their names", () => {
    expect(parseReplyName(replyName(ref))).toEqual(ref);
    expect(parseQueueName(queueName(queue))).toEqual(queue);
  });

  test.each([
    "",
    queueName(queue),
    "beat.abcdefghijkl.1",
    `${ownerHash}.${conversation}.0`,
    `${ownerHash}.${conversation}`,
    `${ownerHash.slice(1)}.${conversation}.2`,
    `${replyName(ref)}.tmp`,
  ])("%j names no reply", (name) => {
    expect(parseReplyName(name)).toBeUndefined();
  });

  test.each(["", replyName(ref), `queue.${ownerHash}`, `x${queueName(queue)}`])(
    "%j names no queue",
    (name) => {
      expect(parseQueueName(name)).toBeUndefined();
    },
  );

  test("a folder names what it belongs to, and no other folder does", () => {
    const of = folders.settings(ownerHash, conversation);
    expect(conversationOf("/records", of)).toEqual(queue);
    expect(replyOf("/records", folders.reply(ref))).toEqual(ref);
    expect(ownerOf("/records", folders.owner(ownerHash))).toBe(ownerHash);
    const elsewhere = folders.messages(ownerHash, conversation);
    expect(conversationOf("/records", elsewhere)).toBeUndefined();
    expect(replyOf("/records", elsewhere)).toBeUndefined();
    expect(ownerOf("/records", elsewhere)).toBeUndefined();
  });

  test("only hashes and their parents are taken for such", () => {
    const [hash, shard] = [hashOf("ann"), hashOf("ann").slice(0, 2)];
    expect(folderOf("/d", hash)).toBe(`/d/${shard}/${hash}`);
    expect([isHash(hash), isHash(shard), isHash(`${hash}0`)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([isShard(shard), isShard("owners"), isShard(hash)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("a visit is named by its day", () => {
    expect(visitOn(new Date("2026-01-31T23:59:59Z"))).toBe("2026-01-31");
    expect(isVisit("2026-01-31")).toBe(true);
    expect(isVisit("abandoned")).toBe(false);
  });

  test("an error in a log names no session and no owner, and neither do its causes", () => {
    const withHash = (text: string, more: object = {}) =>
      Object.assign(new Error(`${text} ${ownerHash}`), more);
    const cause = withHash("cause", { path: folders.owner(other) });
    const error = withHash("link failed", {
      path: folders.owner(ownerHash),
      dest: `/new/${ownerHash}`,
      errno: -2,
      cause,
    });
    const { message, stack } = error;
    expect(message + stack).toContain(ownerHash);
    expect(redactHashesIn(error)).toBe(error);
    expect(error).toMatchObject({ message: "link failed …", errno: -2 });
    const shown = [error, cause].map((one) =>
      JSON.stringify([one.message, one.stack, Object.values(one)]),
    );
    expect(shown.join()).not.toMatch(/[0-9a-f]{64}/);
    expect(redactHashesIn("no error")).toBe("no error");
  });
});

const indexOn = (disk: FileSystem) =>
  new ActiveReplyIndex(disk, "/records/in-progress");

describe("the active reply index", () => {
  test("is empty until the first reply, which creates it", async () => {
    const index = indexOn(new MemoryDisk());
    expect(await index.list()).toEqual([]);
    await index.add(ref);
    expect(await index.list()).toEqual([ref]);
  });

  test("adds and removes a reply once, however often it is asked to", async () => {
    const index = indexOn(new MemoryDisk());
    await index.add(ref);
    await index.add(ref);
    expect(await index.list()).toEqual([ref]);
    await index.remove(ref);
    await index.remove(ref);
    expect(await index.list()).toEqual([]);
    await index.addQueue(queue);
    await index.addQueue(queue);
    expect((await index.scan()).queues).toEqual([queue]);
    await index.removeQueue(queue);
    await index.removeQueue(queue);
    expect((await index.scan()).queues).toEqual([]);
  });

  test("tells replies, queues and heartbeats apart, and counts an owner's replies alone", async () => {
    const disk = new MemoryDisk();
    const index = indexOn(disk);
    await index.add(ref);
    await index.add({ ...ref, ownerHash: other });
    await index.addQueue(queue);
    const beat = { process: "abcdefghijkl", count: 7 };
    await new HeartbeatDirectory(disk, "/records/in-progress").write(beat);
    expect(await index.scan()).toEqual({
      refs: [ref, { ...ref, ownerHash: other }],
      queues: [queue],
      heartbeats: [beat],
    });
    expect(await index.countOf(ownerHash)).toBe(1);
  });

  test("removes the replies and queues of one owner, and leaves those of others", async () => {
    const index = indexOn(new MemoryDisk());
    for (const owner of [ownerHash, other]) {
      await index.add({ ...ref, ownerHash: owner });
      await index.addQueue({ ...queue, ownerHash: owner });
    }
    await index.removeAll((of) => of.ownerHash === ownerHash);
    expect(await index.scan()).toMatchObject({
      refs: [{ ownerHash: other }],
      queues: [{ ownerHash: other }],
    });
  });

  test("keeps a queue through a power cut", async () => {
    const disk = new MemoryDisk();
    await indexOn(disk).addQueue(queue);
    for (const left of disk.cutAfter(disk.operations.length)) {
      expect((await indexOn(left).scan()).queues).toEqual([queue]);
    }
  });

  test("reports a disk that fails", async () => {
    const disk = new MemoryDisk();
    await indexOn(disk).add(ref);
    const broken = indexOn(failing(disk, "EIO", "readdir", "open", "unlink"));
    await expect(broken.list()).rejects.toThrow("EIO");
    await expect(broken.add(ref)).rejects.toThrow("EIO");
    await expect(broken.remove(ref)).rejects.toThrow("EIO");
  });
});

async function heartbeats() {
  const disk = new MemoryDisk();
  await disk.mkdir("/beats");
  return { disk, beats: new HeartbeatDirectory(disk, "/beats") };
}

const beat = (count: number) => ({ process: "abcdefghijkl", count });

describe("heartbeats", () => {
  test("a heartbeat replaces the one before, and also one that was removed", async () => {
    const { disk, beats } = await heartbeats();
    for (const count of [1, 2]) await beats.write(beat(count));
    expect(await disk.readdir("/beats")).toEqual(["beat.abcdefghijkl.2"]);
    await beats.remove(beat(2));
    await beats.remove(beat(2));
    await beats.write(beat(3));
    expect(await disk.readdir("/beats")).toEqual(["beat.abcdefghijkl.3"]);
  });

  test("a heartbeat that can't be written is reported", async () => {
    const { disk } = await heartbeats();
    const beats = new HeartbeatDirectory(
      failing(disk, "EIO", "rename"),
      "/beats",
    );
    await expect(beats.write(beat(1))).rejects.toThrow("EIO");
  });
});

const prompt = (id: string) =>
  ({ kind: "prompt", id, at: "2026-01-31T00:00:00Z" }) as const;

const events = (disk: FileSystem) =>
  new OwnerEventLog(createStorageContext({ fileSystem: disk }), "/o/activity");

describe("an owner's events", () => {
  test("the first event creates the log, and later ones follow it", async () => {
    const disk = new MemoryDisk();
    const log = events(disk);
    expect(await log.appendIfExists(prompt("early"))).toBeUndefined();
    expect(await log.readAfter(0)).toBeUndefined();
    await log.append(prompt("one"));
    expect(await log.appendIfExists(prompt("two"))).toBe(2);
    expect(await log.readAfter(1)).toMatchObject({
      entries: [{ format: 1, id: "two", number: 2 }],
      last: 2,
    });
    expect(await log.readAfter(2)).toBeUndefined();
  });

  test("a disk that fails is reported, and not taken for a missing log", async () => {
    const disk = new MemoryDisk();
    await events(disk).append(prompt("one"));
    const fails = failing(disk, "EIO", "link");
    const link = jest.spyOn(fails, "link");
    const broken = events(fails);
    await expect(broken.append(prompt("two"))).rejects.toThrow("EIO");
    expect(link).toHaveBeenCalledTimes(1);
    await expect(broken.appendIfExists(prompt("two"))).rejects.toThrow("EIO");
  });

  test("the events before an erasure are removed, and those from it on are kept", async () => {
    const disk = new MemoryDisk();
    const log = events(disk);
    for (const id of ["one", "two", "three"]) await log.append(prompt(id));
    await log.removeBefore(3);
    const { entries = [] } = (await log.readAfter(0)) ?? {};
    expect(entries.map(({ number }) => number)).toEqual([3]);
    expect((await disk.readdir("/o/activity")).filter(isErasure)).toEqual([
      "erased.3",
    ]);
  });

  test("a sweep removes what is left before the newest erasure, and older marks of erasures", async () => {
    const disk = new MemoryDisk();
    await disk.mkdir("/o");
    const kept = ["erased.30", "21-30", "30", "31", "v1"];
    const names = ["erased.12", "erased.7", "1-10", "11", "29", ...kept];
    for (const name of names) await disk.open(`/o/${name}`, "wx");
    expect(await removeErased(disk, "/o", names)).toBe(3);
    expect((await disk.readdir("/o")).toSorted()).toEqual(kept.toSorted());
    expect(await removeErased(disk, "/o", kept)).toBe(0);
  });

  test("nothing is removed without an erasure", async () => {
    const disk = new MemoryDisk();
    await disk.mkdir("/o");
    for (const name of ["1", "2"]) await disk.open(`/o/${name}`, "wx");
    expect(await removeErased(disk, "/o", ["1", "2"])).toBe(0);
    expect(await disk.readdir("/o")).toEqual(["1", "2"]);
  });
});
