import { mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { errorCode } from "../../app/core/runtime/errors";
import { AppendLog } from "../../app/core/storage/append-log";
import { createStorageContext } from "../../app/core/storage/storage-context";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../app/core/storage/file-system";
import { VersionedDocument } from "../../app/core/storage/versioned-document";
import { sweepRecords } from "../../app/sweep/sweep-records";
import { sweepSessions } from "../../app/sweep/sweep-sessions";
import { createFileSessionStore } from "../../app/web/sessions/file-session-store";
import { newSessionId } from "../../app/web/sessions/session-id";
import { beginSweep } from "../support/begin-sweep";
import { startProcess } from "../support/processes";
import { temporaryFolders } from "../support/temporary-folder";

const temporaryFolder = temporaryFolders();
const HOUR = 3_600_000;
const IDLE = 24 * HOUR;
const TEMPORARY = `${"0a".repeat(12)}.tmp`;

async function setUp() {
  const directory = await temporaryFolder();
  const store = createFileSessionStore({
    directory,
    files: createStorageContext(),
    idleMs: IDLE,
    absoluteMs: 365 * IDLE,
    now: Date.now,
  });
  const make = async (owner?: string) => {
    const id = newSessionId();
    await store.create(id, { n: 0 }, owner);
    const hash = hashOf(id);
    return { id, folder: path.join(directory, hash.slice(0, 2), hash) };
  };
  return { directory, store, make };
}

/** Sets back the time of a file, or of a folder and its files. */
async function age(file: string, ms: number): Promise<void> {
  const then = new Date(Date.now() - ms);
  const names = await readdir(file).catch(() => []);
  for (const name of names) await age(path.join(file, name), ms);
  // A write's temporary file may go at any moment after it.
  await utimes(file, then, then).catch((error: unknown) => {
    if (errorCode(error) !== "ENOENT") throw error;
  });
}

const refuseToRead = () => Promise.reject(new Error("read"));

async function* oneShard() {
  yield { name: "ab", isFolder: true };
}

describe("sweeping sessions", () => {
  test("removes expired sessions and no others", async () => {
    const { directory, make, store } = await setUp();
    const [old, fresh, nearly] = [await make(), await make(), await make()];
    await age(old.folder, IDLE + 2 * HOUR);
    await age(nearly.folder, IDLE);
    const sweep = await beginSweep(directory);
    await sweepSessions(sweep, directory, IDLE);
    expect(sweep.tally).toMatchObject({ examined: 3, expired: 1, failed: 0 });
    await expect(readdir(old.folder)).rejects.toThrow("ENOENT");
    expect(await readdir(path.dirname(old.folder))).not.toContain(TEMPORARY);
    expect(await store.read(fresh.id)).toBeDefined();
    expect(await readdir(nearly.folder)).toEqual(["v1"]);
  });

  test("removes old versions of a session, but for the one before the newest", async () => {
    const { directory, make, store } = await setUp();
    const [quiet, busy] = [await make(), await make()];
    for (const { id } of [quiet, busy]) {
      for (const n of [1, 2, 3]) await store.save(id, {}, { n });
    }
    await age(quiet.folder, HOUR / 2);
    const sweep = await beginSweep(directory);
    await sweepSessions(sweep, directory, IDLE);
    expect(await readdir(quiet.folder)).toEqual(["v3", "v4"]);
    expect((await readdir(busy.folder)).length).toBeGreaterThanOrEqual(4);
    expect(sweep.tally.versions).toBe(2);
    expect((await store.read(quiet.id))?.values).toEqual({ n: 3 });
  });

  test("removes a crash's temporary files once no process can be writing them", async () => {
    const { directory, make } = await setUp();
    const { folder } = await make();
    const shard = path.dirname(folder);
    const hash = path.basename(folder);
    const last = hash.endsWith("0") ? "1" : "0";
    const empty = path.join(shard, hash.slice(0, -1) + last);
    const removed = path.join(shard, TEMPORARY);
    for (const made of [empty, removed]) await mkdir(made);
    await writeFile(path.join(removed, "v1"), "");
    for (const where of [directory, folder, removed]) {
      await writeFile(path.join(where, TEMPORARY), "");
    }
    const young = await beginSweep(directory);
    await sweepSessions(young, directory, IDLE);
    expect(young.tally.leftovers).toBe(0);
    for (const file of [empty, removed]) await age(file, 2 * HOUR);
    for (const where of [directory, folder]) {
      await age(path.join(where, TEMPORARY), 2 * HOUR);
    }
    const sweep = await beginSweep(directory);
    await sweepSessions(sweep, directory, IDLE);
    expect(sweep.tally).toMatchObject({ leftovers: 4, expired: 0, failed: 0 });
    expect(await readdir(shard)).toEqual([hash]);
    expect(await readdir(folder)).toEqual(["v1"]);
  });

  test("removes a session's owner entry with the session", async () => {
    const { directory, make, store } = await setUp();
    const [gone, here] = [await make("ann"), await make("ann")];
    await age(directory, 2 * HOUR);
    await age(gone.folder, IDLE + 2 * HOUR);
    await age(here.folder, 0);
    await sweepSessions(await beginSweep(directory), directory, IDLE);
    const owners = path.join(directory, "owners", hashOf("ann").slice(0, 2));
    expect(await readdir(path.join(owners, hashOf("ann")))).toEqual([
      hashOf(here.id),
    ]);
    expect(await store.endAllOf("ann")).toBe(1);
    await age(owners, 2 * HOUR);
    await sweepSessions(await beginSweep(directory), directory, IDLE);
    expect(await readdir(owners)).toEqual([]);
  });

  test("reads no session that it keeps", async () => {
    const { directory, make, store } = await setUp();
    const blind: FileSystem = {
      ...nodeFileSystem,
      readFile: refuseToRead,
      open: async (file, flags) => {
        const handle = await nodeFileSystem.open(file, flags);
        return { ...handle, read: refuseToRead };
      },
    };
    const olds = [await make("ann"), await make("ann")];
    for (const { id, folder } of olds) {
      for (const n of [1, 2, 3]) await store.save(id, {}, { n });
      await age(folder, HOUR / 2);
    }
    for (let i = 0; i < 3; i++) await make("ann");
    const sweep = await beginSweep(directory, blind);
    await sweepSessions(sweep, directory, IDLE);
    expect(sweep.tally).toMatchObject({ examined: 6, versions: 4, failed: 0 });
  });

  test("counts all removed sessions, also those removed in parallel", async () => {
    const { directory, make, store } = await setUp();
    const all = await Promise.all(Array.from({ length: 20 }, () => make()));
    await Promise.all(
      all.map(async ({ id, folder }) => {
        for (const n of [1, 2, 3]) await store.save(id, {}, { n });
        await age(folder, HOUR / 2);
      }),
    );
    const sweep = await beginSweep(directory);
    await sweepSessions(sweep, directory, IDLE);
    expect(sweep.tally).toMatchObject({ examined: 20, versions: 40 });
  });

  test("sweeps sessions as they are listed, and keeps no list of them", async () => {
    const directory = await temporaryFolder();
    const stop = new AbortController();
    let listed = 0;
    // An endless listing: a sweep that collected all of it first would never begin.
    async function* endless() {
      for (;;) {
        await turn();
        yield { name: hashOf(String(listed++)), isFolder: true };
      }
    }
    let looked = 0;
    const huge: FileSystem = {
      ...nodeFileSystem,
      entries: (folder) => (folder === directory ? oneShard() : endless()),
      readdir: async () => {
        if (++looked === 500) stop.abort();
        // Only a few listed sessions wait to be examined.
        expect(listed - looked).toBeLessThan(20);
        return [];
      },
      stat: async () => ({ mtimeMs: Date.now(), size: 0, isDirectory: true }),
    };
    const sweep = await beginSweep(directory, huge, stop);
    await sweepSessions(sweep, directory, IDLE);
    expect(sweep.tally).toMatchObject({ failed: 0, leftovers: 0 });
    expect(sweep.tally.examined).toBeGreaterThanOrEqual(500);
  });

  test("is safe beside visitors and another sweep", async () => {
    const { directory, make, store } = await setUp();
    const sessions = await Promise.all(
      Array.from({ length: 30 }, () => make()),
    );
    const olds = await Promise.all(Array.from({ length: 30 }, () => make()));
    for (const { folder } of olds) await age(folder, 2 * IDLE);
    const visits = sessions.map(async ({ id, folder }) => {
      for (let n = 1; n <= 5; n++) {
        await age(path.join(folder, `v${n}`), HOUR / 2);
        expect(await store.save(id, {}, { n })).toBeDefined();
        expect((await store.read(id))?.values).toEqual({ n });
      }
    });
    const sweeps = await Promise.all([
      beginSweep(directory),
      beginSweep(directory),
      beginSweep(directory),
    ]);
    await Promise.all([
      ...visits,
      ...sweeps.map((sweep) => sweepSessions(sweep, directory, IDLE)),
    ]);
    for (const { id } of sessions) {
      expect((await store.read(id))?.values).toEqual({ n: 5 });
    }
    for (const { folder } of olds) {
      await expect(readdir(folder)).rejects.toThrow("ENOENT");
    }
    expect(sweeps.every((sweep) => sweep.tally.failed === 0)).toBe(true);
  });

  test("reports what it can't remove, and continues", async () => {
    const { directory, make } = await setUp();
    const [bad, good] = [await make(), await make()];
    for (const { folder } of [bad, good]) await age(folder, 2 * IDLE);
    const refusing: FileSystem = {
      ...nodeFileSystem,
      rename: (from, to) =>
        from === bad.folder
          ? Promise.reject(Object.assign(new Error("no"), { code: "EIO" }))
          : nodeFileSystem.rename(from, to),
    };
    const sweep = await beginSweep(directory, refusing);
    await sweepSessions(sweep, directory, IDLE);
    expect(sweep.tally).toMatchObject({ expired: 1, failed: 1 });
  });

  test("stops when its signal aborts", async () => {
    const { directory, make } = await setUp();
    for (let i = 0; i < 5; i++) await make();
    const stop = new AbortController();
    stop.abort();
    const sweep = await beginSweep(directory, nodeFileSystem, stop);
    await sweepSessions(sweep, directory, IDLE);
    expect(sweep.tally.examined).toBe(0);
  });
});

async function* manyFolders(count: number) {
  for (let n = 0; n < count; n++) yield `folder ${n}`;
}

test("a sweep examines a limited number of folders per second", async () => {
  const directory = await temporaryFolder();
  jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate"] });
  try {
    const sweep = await beginSweep(directory, nodeFileSystem, {
      foldersPerSecond: 100,
    });
    const looked: number[] = [];
    const begun = performance.now();
    const swept = sweep.each(manyFolders(300), async () => {
      looked.push(performance.now() - begun);
    });
    for (let ms = 0; looked.length < 300 && ms < 60_000; ms++)
      await jest.advanceTimersByTimeAsync(1);
    expect(looked).toHaveLength(300);
    await swept;
    // The fake clock advances only when all wait for it; the burst is a tenth of a second's.
    for (const [n, ms] of looked.entries()) {
      expect(n).toBeLessThanOrEqual(20 + (ms / 1000) * 100);
    }
  } finally {
    jest.useRealTimers();
  }
});

test("sweeping records removes superseded versions and compacted entries, at any depth", async () => {
  const directory = await temporaryFolder();
  const files = createStorageContext();
  const inside = path.join(directory, "owners", "ab", "hash");
  const settings = new VersionedDocument(files, path.join(inside, "settings"));
  await settings.create({ n: 0 });
  for (const n of [1, 2, 3]) await settings.update(() => ({ n }));
  const log = new AppendLog(files, path.join(inside, "messages"));
  await log.createFolder();
  for (let n = 1; n <= 12; n++) await log.append({ n });
  await log.compact();
  await writeFile(path.join(log.folder, TEMPORARY), "");
  await age(directory, 2 * HOUR);
  const sweep = await beginSweep(directory);
  await sweepRecords(sweep, directory, { deletedMs: 30 * IDLE });
  expect(sweep.tally).toMatchObject({ versions: 2, folded: 10, failed: 0 });
  expect(sweep.tally.leftovers).toBe(1);
  expect((await readdir(log.folder)).toSorted()).toEqual(["1-10", "11", "12"]);
  expect((await settings.read())?.data).toEqual({ n: 3 });
  const again = new AppendLog(createStorageContext(), log.folder);
  expect(await again.readRange(1, 12)).toHaveLength(12);
});

describe("interrupted sweeps", () => {
  test.each(["sessions", "records"])(
    "interrupted sweeps remove all expired %s in the end",
    async (what) => {
      const directory = await temporaryFolder();
      const hashes = Array.from({ length: 64 }, (_, index) =>
        (index * 4).toString(16).padStart(2, "0").repeat(32),
      );
      const all = what === "records" ? "owners" : "";
      for (const hash of hashes) {
        const folder = path.join(directory, all, hash.slice(0, 2), hash);
        await mkdir(folder, { recursive: true });
      }
      const reached = new Set<string>();
      for (let run = 0; run < 1_000 && reached.size < hashes.length; run++) {
        const stop = new AbortController();
        let left = 20;
        const readdirOf = (folder: string) => {
          const name = path.basename(folder);
          if (hashes.includes(name)) reached.add(name);
          if (--left === 0) stop.abort();
          return nodeFileSystem.readdir(folder);
        };
        const fileSystem = { ...nodeFileSystem, readdir: readdirOf };
        const sweep = await beginSweep(directory, fileSystem, stop);
        if (what === "records")
          await sweepRecords(sweep, directory, { deletedMs: HOUR });
        else await sweepSessions(sweep, directory, IDLE);
        expect(sweep.isInterrupted).toBe(true);
      }
      expect(reached.size).toBe(hashes.length);
    },
  );
});

describe("the sweep command", () => {
  const main = path.join(__dirname, "../../app/sweep/main.ts");

  test("the sweep command reports its work", async () => {
    const { directory, make } = await setUp();
    const { folder } = await make();
    await age(folder, 100 * IDLE);
    const sweep = startProcess(main, ["sessions"], {
      SESSION_DIRECTORY: directory,
    });
    const { code, output } = await sweep.ended;
    expect(JSON.parse(output)).toMatchObject({
      msg: "swept",
      of: "sessions",
      examined: 1,
      expired: 1,
      failed: 0,
    });
    expect(code).toBe(0);
  });

  test("the sweep command names what it can't sweep, but no session by its hash", async () => {
    const { directory, make } = await setUp();
    const { folder } = await make();
    await rm(folder, { recursive: true });
    await writeFile(folder, "");
    const sweep = startProcess(main, ["sessions"], {
      SESSION_DIRECTORY: directory,
    });
    const { code, output } = await sweep.ended;
    expect(output).toContain("failed to sweep file");
    expect(output).toContain("ENOTDIR");
    expect(output).toContain(`${path.dirname(folder)}/…`);
    expect(output).not.toContain(path.basename(folder));
    expect(code).toBe(1);
  });

  test("the sweep command prints the remedy where it can't begin", async () => {
    const nowhere = path.join(await temporaryFolder(), "nowhere");
    const there = await startProcess(main, ["records"], {
      DATA_DIRECTORY: nowhere,
    }).ended;
    expect(there.errors).toContain("can't be swept (ENOENT). Mount its volume");
    expect(there.code).toBe(1);
    const what = await startProcess(main, ["everything"]).ended;
    expect(what.errors).toContain("sweep sessions");
    expect(what.code).toBe(2);
  });
});
