import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { AppendLog } from "../../../app/core/storage/append-log";
import { isTemporary } from "../../../app/core/storage/exclusive-file";
import { createStorageContext } from "../../../app/core/storage/storage-context";
import type { FileSystem } from "../../../app/core/storage/file-system";
import type { JsonObject } from "../../../app/core/storage/json";
import { VersionedDocument } from "../../../app/core/storage/versioned-document";
import { sweepRecords } from "../../../app/sweep/sweep-records";
import { sweepSessions } from "../../../app/sweep/sweep-sessions";
import { createFileSessionStore } from "../../../app/web/sessions/file-session-store";
import { recordFoldersIn } from "../../../app/core/storage/layout/record-folders";
import { hashOf } from "../../../app/core/storage/layout/hashes";
import type { SessionStore } from "../../../app/web/sessions/session-store";
import { beginSweep } from "../../support/begin-sweep";
import {
  failOnce,
  type Fault,
  FAULT_KINDS,
} from "../../support/faulty-file-system";
import { MemoryDisk } from "../../support/memory-disk";

/*
 * Every call fails in turn, with every error: refused, half done, or done but reported as failed.
 * Either the caller gets an error or the work was done, and nothing else is lost.
 */

const allCodes = ["ENOSPC", "EDQUOT", "EROFS", "EIO", "ESTALE"];
const id = "a".repeat(32);
const DAY = 86_400_000;

const store = (fileSystem: FileSystem) =>
  createFileSessionStore({
    idleMs: 1e15,
    absoluteMs: 1e15,
    now: Date.now,
    directory: "/sessions",
    files: createStorageContext({ fileSystem }),
  });

const log = (fileSystem: FileSystem) =>
  new AppendLog(createStorageContext({ fileSystem }), "/log", {
    segmentSizes: [3],
  });

interface Outcome {
  /** A view of the same disk without faults. */
  disk: MemoryDisk;
  fault: Fault;
  /** The result of the work; `undefined` if it threw. */
  result: unknown;
  error: unknown;
}

/**
 * @param prepare Makes the disk, once: each fault meets a copy.
 * @param clock The disk's clock, if the test moves it. Each fault begins at the time after `prepare`.
 * @returns The number of injected faults.
 */
async function failEverywhere(
  prepare: (disk: MemoryDisk) => Promise<unknown>,
  work: (fileSystem: FileSystem) => Promise<unknown>,
  check: (outcome: Outcome) => Promise<void>,
  {
    clock,
    codes = allCodes,
  }: { clock?: { now: number }; codes?: string[] } = {},
): Promise<number> {
  const prepared = new MemoryDisk(undefined, () => clock?.now ?? Date.now());
  await prepare(prepared);
  // Unawaited calls end here.
  await turn();
  const begun = clock?.now ?? 0;
  let count = 0;
  for (const code of codes) {
    for (const kind of FAULT_KINDS) {
      for (let call = 1; ; call++, count++) {
        const disk = prepared.copy();
        if (clock) clock.now = begun;
        const fault = { call, code, kind };
        const { fileSystem, hasFailed } = failOnce(disk, fault);
        let result: unknown;
        let error: unknown;
        try {
          result = await work(fileSystem);
        } catch (thrown) {
          error = thrown;
        }
        await turn();
        if (!hasFailed()) break;
        await check({ disk, fault, result, error });
      }
    }
  }
  return count;
}

const folderOf = (session: string) =>
  `/sessions/${hashOf(session).slice(0, 2)}/${hashOf(session)}`;

/** @returns The number of folders that could not be swept. */
async function sweepOnce(fileSystem: FileSystem): Promise<number> {
  const sweep = await beginSweep("/sessions", fileSystem);
  await sweepSessions(sweep, "/sessions", DAY);
  return sweep.tally.failed;
}

const read = async (disk: FileSystem) => (await store(disk).read(id))?.values;

test("a save is done, or is refused and keeps the old session", async () => {
  const count = await failEverywhere(
    (disk) => store(disk).create(id, { n: 1 }),
    (fileSystem) => store(fileSystem).save(id, { n: 1 }, { n: 2 }),
    async ({ disk, error, result }) => {
      const found = await read(disk);
      expect(error === undefined).toBe(result !== undefined);
      expect(error ? [1, 2] : [2]).toContain(found?.n);
      // The visitor's next save succeeds.
      await store(disk).save(id, {}, { m: 3 });
      expect(await read(disk)).toEqual({ ...found, m: 3 });
    },
  );
  expect(count).toBeGreaterThan(90);
});

test("a session is made, or is refused and another can be made", async () => {
  const count = await failEverywhere(
    async () => undefined,
    (fileSystem) => store(fileSystem).create(id, { n: 1 }, "ann"),
    async ({ disk, error }) => {
      const found = await read(disk);
      expect(error ? [undefined, { n: 1 }] : [{ n: 1 }]).toContainEqual(found);
      const next = "b".repeat(32);
      await store(disk).create(next, { n: 2 }, "ann");
      expect((await store(disk).read(next))?.values).toEqual({ n: 2 });
      // Every session can be ended everywhere.
      await store(disk).endAllOf("ann");
      expect(await read(disk)).toBeUndefined();
      expect(await store(disk).read(next)).toBeUndefined();
    },
  );
  expect(count).toBeGreaterThan(200);
});

test("a session whose end succeeded has ended", async () => {
  await failEverywhere(
    (disk) => store(disk).create(id, { n: 1 }),
    (fileSystem) => store(fileSystem).end(id),
    async ({ disk, error }) => {
      const found = await read(disk);
      expect(error ? [undefined, { n: 1 }] : [undefined]).toContainEqual(found);
      await store(disk).end(id);
      expect(await read(disk)).toBeUndefined();
      expect(await store(disk).save(id, {}, { n: 2 })).toBeUndefined();
    },
  );
});

test("a sign-out everywhere that succeeded has ended every session", async () => {
  const ids = [id, "b".repeat(32)];
  const count = await failEverywhere(
    async (disk) => {
      for (const each of ids) await store(disk).create(each, { n: 1 }, "ann");
    },
    (fileSystem) => store(fileSystem).endAllOf("ann"),
    async ({ disk, error, result }) => {
      for (const each of ids) {
        const found = (await store(disk).read(each))?.values;
        const allowed = error ? [undefined, { n: 1 }] : [undefined];
        expect(allowed).toContainEqual(found);
      }
      expect(error ? 2 : result).toBe(2);
      // A refused sign-out succeeds when repeated.
      await store(disk).endAllOf("ann");
      for (const each of ids) {
        expect(await store(disk).read(each)).toBeUndefined();
      }
    },
  );
  expect(count).toBeGreaterThan(200);
});

test("a sweep with a fault removes no session in use, and the next sweep removes the rest", async () => {
  const expired = "b".repeat(32);
  const clock = { now: 0 };
  const count = await failEverywhere(
    async (disk) => {
      clock.now = 1_000_000_000_000;
      for (const each of [id, expired])
        await store(disk).create(each, { n: 1 });
      clock.now += 30 * DAY;
      for (const n of [2, 3]) await store(disk).save(id, {}, { n });
      clock.now += DAY / 2;
    },
    sweepOnce,
    async ({ disk, result, error }) => {
      expect(await read(disk)).toEqual({ n: 3 });
      expect(error ? 0 : Number(result)).toBeLessThanOrEqual(1);
      await sweepOnce(disk);
      clock.now += DAY / 2;
      expect(await sweepOnce(disk)).toBe(0);
      expect(await disk.readdir(folderOf(id))).toEqual(["v2", "v3"]);
      const shard = path.dirname(folderOf(expired));
      // A half-removed folder is removed once it is old; this disk has no old folders.
      const left = (await disk.readdir(shard)).filter((n) => !isTemporary(n));
      expect(left).toEqual([]);
      expect(await read(disk)).toEqual({ n: 3 });
    },
    { clock },
  );
  expect(count).toBeGreaterThan(150);
});

/* Records, of one conversation that is used and of one that has ended. */

const RECORDS = "/records";
const OWNER = "0a".repeat(32);
const USED = "a".repeat(26);
const ENDED = "b".repeat(26);
const folders = recordFoldersIn(RECORDS);
const parts = {
  settings: (disk: FileSystem, conversation: string) =>
    new VersionedDocument(
      createStorageContext({ fileSystem: disk }),
      folders.settings(OWNER, conversation),
    ),
  messages: (disk: FileSystem, conversation: string) =>
    new AppendLog(
      createStorageContext({ fileSystem: disk }),
      folders.messages(OWNER, conversation),
      { segmentSizes: [3] },
    ),
};

async function makeConversation(
  disk: FileSystem,
  conversation: string,
): Promise<void> {
  const settings = parts.settings(disk, conversation);
  await settings.create({ n: 0 });
  for (const n of [1, 2, 3]) await settings.update(() => ({ n }));
  const messages = parts.messages(disk, conversation);
  await messages.createFolder();
  for (let n = 1; n <= 4; n++) await messages.append({ n });
  await messages.compact();
}

async function readConversation(disk: FileSystem, conversation: string) {
  const settings = await parts.settings(disk, conversation).read();
  const messages = await parts.messages(disk, conversation).readRange(1, 9);
  return { n: settings?.data["n"], messages: messages.map(({ n }) => n) };
}

async function sweepRecordsOnce(fileSystem: FileSystem): Promise<number> {
  const sweep = await beginSweep(RECORDS, fileSystem);
  await sweepRecords(sweep, RECORDS, { deletedMs: 30 * DAY });
  return sweep.tally.failed;
}

test("a sweep of records with a fault removes nothing that is used, and the next sweep removes the rest", async () => {
  const clock = { now: 0 };
  const whole = { n: 3, messages: [1, 2, 3, 4] };
  const count = await failEverywhere(
    async (disk) => {
      clock.now = 1_000_000_000_000;
      for (const each of [USED, ENDED]) await makeConversation(disk, each);
      await parts.settings(disk, ENDED).delete();
      // Unawaited calls end here.
      await turn();
      clock.now += 30 * DAY;
    },
    sweepRecordsOnce,
    async ({ disk, result, error }) => {
      expect(await readConversation(disk, USED)).toEqual(whole);
      expect(error ? 0 : Number(result)).toBeLessThanOrEqual(1);
      clock.now += DAY / 2;
      await sweepRecordsOnce(disk);
      expect(await sweepRecordsOnce(disk)).toBe(0);
      expect(await readConversation(disk, USED)).toEqual(whole);
      const names = async (folder: string) =>
        (await disk.readdir(folder)).toSorted();
      expect(await names(folders.settings(OWNER, USED))).toEqual(["v3", "v4"]);
      expect(await names(folders.messages(OWNER, USED))).toEqual(["1-3", "4"]);
      const left = await names(folders.conversations(OWNER));
      // A half-removed folder is removed once it is old; this disk has no old folders.
      expect(left.filter((name) => !isTemporary(name))).toEqual([USED]);
    },
    // The errors that any call can have.
    { clock, codes: ["EIO", "ESTALE"] },
  );
  expect(count).toBeGreaterThan(200);
});

test("a read reports the fault, and never returns an older session or none", async () => {
  await failEverywhere(
    async (disk) => {
      await store(disk).create(id, { n: 1 });
      await store(disk).save(id, {}, { n: 2 });
    },
    read,
    async ({ disk, error, result }) => {
      expect(error ? undefined : { n: 2 }).toEqual(result);
      expect(await read(disk)).toEqual({ n: 2 });
    },
  );
});

test("a conflict during a fault loses neither change", async () => {
  await failEverywhere(
    (disk) => store(disk).create(id, { a: 1, b: 1 }),
    async (fileSystem) => {
      const mine: SessionStore = store(fileSystem);
      const from = await mine.read(id);
      await mine.save(id, { b: 1 }, { b: 2 });
      return mine.save(id, { a: 1 }, { a: 2 }, from);
    },
    async ({ disk, error }) => {
      const found = await read(disk);
      const sum = Number(found?.a) + Number(found?.b);
      expect(error ? [2, 3, 4] : [4]).toContain(sum);
      expect([1, 2]).toContain(found?.a);
      expect([1, 2]).toContain(found?.b);
    },
  );
});

test("a log entry is made once or not at all, never twice", async () => {
  const count = await failEverywhere(
    async (disk) => {
      await log(disk).createFolder();
      await log(disk).append({ n: 1 });
      await log(disk).append({ n: 2 });
    },
    async (fileSystem) => {
      const number = await log(fileSystem).append({ n: 3 });
      await log(fileSystem)
        .compact()
        .catch(() => undefined);
      return number;
    },
    async ({ disk, error, result }) => {
      expect(error ? undefined : 3).toBe(result);
      const before = (await log(disk).readRange(1, 9)).map(({ n }) => n);
      expect(
        error
          ? [
              [1, 2],
              [1, 2, 3],
            ]
          : [[1, 2, 3]],
      ).toContainEqual(before);
      const next = await log(disk).append({ n: 4 });
      await log(disk).compact();
      expect(next).toBe(before.length + 1);
      const after = (await log(disk).readRange(1, 9)).map(({ n }) => n);
      expect(after).toEqual([...before, 4]);
    },
  );
  expect(count).toBeGreaterThan(90);
});

test.each<JsonObject>([
  {},
  { values: "text", createdAt: Date.now() },
  { values: { n: 1 }, createdAt: "today" },
])("a document that is no session (%j) is read as none", async (data) => {
  const disk = new MemoryDisk();
  const context = createStorageContext({ fileSystem: disk });
  await new VersionedDocument(context, folderOf(id)).create(data);
  expect(await read(disk)).toBeUndefined();
});
