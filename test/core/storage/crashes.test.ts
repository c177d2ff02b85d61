import { setImmediate as turn } from "node:timers/promises";
import { AppendLog } from "../../../app/core/storage/append-log";
import { createFolder } from "../../../app/core/storage/exclusive-file";
import { createStorageContext } from "../../../app/core/storage/storage-context";
import type { FileSystem } from "../../../app/core/storage/file-system";
import {
  DocumentExistsError,
  VersionedDocument,
} from "../../../app/core/storage/versioned-document";
import { createFileSessionStore } from "../../../app/web/sessions/file-session-store";
import { dieAfter } from "../../support/faulty-file-system";
import { MemoryDisk } from "../../support/memory-disk";

/*
 * The power fails after any system call. Unflushed data may be present or absent, in any
 * combination, whole, cut or as zeros. Every acknowledged write must be found on every such disk.
 */

const lasting = { idleMs: 1e15, absoluteMs: 1e15, now: Date.now };

const document = (fileSystem: FileSystem) =>
  new VersionedDocument(createStorageContext({ fileSystem }), "/a/b/document");

const store = (fileSystem: FileSystem) =>
  createFileSessionStore({
    ...lasting,
    directory: "/sessions",
    files: createStorageContext({ fileSystem }),
  });

const log = (fileSystem: FileSystem) =>
  new AppendLog(createStorageContext({ fileSystem }), "/log", {
    segmentSizes: [3, 6],
  });

const numbers = (to: number) => Array.from({ length: to }, (_, i) => i + 1);

/** A step of a history: its write, and the state that a reader may find once it has begun. */
interface Step<T> {
  write: (fileSystem: FileSystem) => Promise<unknown>;
  leads: T;
}

const update =
  (n: number): Step<unknown>["write"] =>
  (fileSystem) =>
    document(fileSystem).update((data) => ({ ...data, n }));

/**
 * Runs the steps in order, then cuts the power after each call.
 * @returns The number of checked disks.
 */
async function cutEverywhere<T>(
  initial: T,
  steps: Step<T>[],
  read: (fileSystem: FileSystem) => Promise<T>,
): Promise<number> {
  const disk = new MemoryDisk();
  const states = [{ from: 0, acknowledged: 0, value: initial }];
  for (const step of steps) {
    const from = disk.operations.length;
    await step.write(disk);
    const acknowledged = disk.operations.length;
    states.push({ from, acknowledged, value: step.leads });
  }
  // Unawaited calls (removal of temporary files) end here.
  await turn();
  let count = 0;
  for (let cut = 0; cut <= disk.operations.length; cut++) {
    const known = states.findLastIndex((state) => state.acknowledged <= cut);
    const allowed = states.filter((s, i) => i >= known && s.from <= cut);
    for (const found of disk.cutAfter(cut)) {
      const value = await read(found);
      expect(allowed.map((state) => state.value)).toContainEqual(value);
      // A write after the crash succeeds.
      count++;
    }
  }
  return count;
}

test("a document has its old or its new state after any crash, and no acknowledged write is lost", async () => {
  const count = await cutEverywhere<unknown>(
    undefined,
    [
      { write: (fs) => document(fs).create({ n: 1 }), leads: { n: 1 } },
      { write: update(2), leads: { n: 2 } },
      { write: update(3), leads: { n: 3 } },
      { write: (fs) => document(fs).delete(), leads: "ended" },
    ],
    async (fileSystem) => {
      const found = await document(fileSystem).read();
      return found?.isTombstone === true ? "ended" : found?.data;
    },
  );
  expect(count).toBeGreaterThan(100);
});

test("a document ended after a version is that version or ended after any crash", async () => {
  const count = await cutEverywhere<unknown>(
    undefined,
    [
      { write: (fs) => document(fs).create({ n: 1 }), leads: { n: 1 } },
      { write: (fs) => document(fs).deleteAfter(1), leads: "ended" },
    ],
    async (fileSystem) => {
      const found = await document(fileSystem).read();
      return found?.isTombstone === true ? "ended" : found?.data;
    },
  );
  expect(count).toBeGreaterThan(30);
});

test("a session is the old one or the new after any crash", async () => {
  const id = "a".repeat(32);
  const other = "b".repeat(32);
  const save =
    (values: { n: number }): Step<unknown>["write"] =>
    (fs) =>
      store(fs).save(id, {}, values);
  const count = await cutEverywhere<unknown>(
    [undefined, undefined],
    [
      {
        write: (fs) => store(fs).create(id, { n: 1 }, "ann"),
        leads: [{ n: 1 }, undefined],
      },
      { write: save({ n: 2 }), leads: [{ n: 2 }, undefined] },
      {
        write: (fs) => store(fs).create(other, { n: 9 }),
        leads: [{ n: 2 }, { n: 9 }],
      },
      {
        write: (fs) => store(fs).endAllOf("ann"),
        leads: [undefined, { n: 9 }],
      },
    ],
    async (fileSystem) => {
      const reader = store(fileSystem);
      const found = [await reader.read(id), await reader.read(other)];
      return found.map((session) => session?.values);
    },
  );
  expect(count).toBeGreaterThan(100);
});

test("a session can be saved again after any crash in a save", async () => {
  const id = "a".repeat(32);
  const disk = new MemoryDisk();
  await store(disk).create(id, { n: 1 });
  const begun = disk.operations.length;
  await store(disk).save(id, {}, { n: 2 });
  for (let cut = begun; cut <= disk.operations.length; cut++) {
    for (const found of disk.cutAfter(cut)) {
      expect(await store(found).save(id, {}, { m: 3 })).toBeDefined();
      const values = (await store(found).read(id))?.values;
      expect([1, 2]).toContain(values?.n);
      expect(values?.m).toBe(3);
    }
  }
});

test("a log keeps every acknowledged entry through any crash, also in compaction", async () => {
  const steps = numbers(7).map((n) => ({
    write: async (fs: FileSystem) => {
      await log(fs).append({ n });
      await log(fs).compact();
    },
    leads: numbers(n),
  }));
  const make = { write: (fs: FileSystem) => log(fs).createFolder(), leads: [] };
  const count = await cutEverywhere<unknown>(
    [],
    [make, ...steps],
    async (fileSystem) => {
      if (!(await log(fileSystem).listIfExists())) return [];
      const entries = await log(fileSystem).readRange(1, 100);
      return entries.map((entry) => entry.n);
    },
  );
  expect(count).toBeGreaterThan(100);
});

test("the simulated disk loses unflushed data: a store without flushes fails", async () => {
  const disk = new MemoryDisk();
  const careless = Object.assign(Object.create(disk) as FileSystem, {
    syncDirectory: () => Promise.resolve(),
  });
  await createFolder(disk, "/a/b");
  await document(careless).create({ n: 1 });
  const found = [];
  for (const cut of disk.cutAfter(disk.operations.length)) {
    found.push((await document(cut).read())?.data);
  }
  expect(found).toContainEqual({ n: 1 });
  expect(found).toContainEqual(undefined);
});

/** For each call: a process dies after it, another process repeats the write, and the power fails. */
async function repeatAfterEachDeath(
  write: (fileSystem: FileSystem) => Promise<unknown>,
  check: (found: MemoryDisk) => Promise<void>,
  prepare: typeof write = () => Promise.resolve(),
): Promise<void> {
  for (let calls = 0, hasDied = true; hasDied; calls++) {
    const disk = new MemoryDisk();
    await prepare(disk);
    const process = dieAfter(disk, calls);
    await write(process.fileSystem).catch(() => undefined);
    hasDied = process.hasDied();
    await write(disk);
    for (const found of disk.cutAfter(disk.operations.length)) {
      await check(found);
    }
  }
}

test("a folder is on disk although the process that began to create it and its parents died", () =>
  repeatAfterEachDeath(
    (fileSystem) => createFolder(fileSystem, "/a/b/c"),
    async (found) => expect(await found.readdir("/a/b/c")).toEqual([]),
  ));

test("a folder is on disk although two processes died while they created its parents", async () => {
  for (let first = 0; first < 8; first++) {
    await repeatAfterEachDeath(
      async (fileSystem) => {
        await createFolder(
          dieAfter(fileSystem, first).fileSystem,
          "/a/b",
        ).catch(() => undefined);
        await createFolder(fileSystem, "/a/b/c");
      },
      async (found) => expect(await found.readdir("/a/b/c")).toEqual([]),
    );
  }
});

test("a document that exists is on disk although the process that created it died", () =>
  repeatAfterEachDeath(
    (fileSystem) =>
      document(fileSystem)
        .create({ n: 1 })
        .catch((error: unknown) => {
          if (!(error instanceof DocumentExistsError)) throw error;
        }),
    async (found) =>
      expect((await document(found).read())?.data).toEqual({ n: 1 }),
  ));

test("a document stays deleted although the process that deleted it died", () =>
  repeatAfterEachDeath(
    (fileSystem) => document(fileSystem).delete(),
    async (found) =>
      expect((await document(found).read())?.isTombstone).toBe(true),
    (fileSystem) => document(fileSystem).create({ n: 1 }),
  ));
