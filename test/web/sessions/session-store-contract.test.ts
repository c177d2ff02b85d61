import path from "node:path";
import { createStorageContext } from "../../../app/core/storage/storage-context";
import { createFileSessionStore } from "../../../app/web/sessions/file-session-store";
import { createMemorySessionStore } from "../../../app/web/sessions/memory-session-store";
import { newSessionId } from "../../../app/web/sessions/session-id";
import type { SessionStore } from "../../../app/web/sessions/session-store";
import { MemoryDisk } from "../../support/memory-disk";
import { temporaryFolders } from "../../support/temporary-folder";

const temporaryFolder = temporaryFolders();

const lifetime = { idleMs: 1000, absoluteMs: 5000 };

/** Two stores with the same sessions, like two processes, and a clock. */
const implementations = {
  memory: async (now: () => number) => {
    const store = createMemorySessionStore({ ...lifetime, now });
    return [store, store];
  },
  file: async (now: () => number) => {
    const directory = await temporaryFolder();
    return [1, 2].map(() =>
      createFileSessionStore({
        ...lifetime,
        directory,
        now,
        files: createStorageContext({
          now: () => ({ monotonic: performance.now(), wall: now() }),
        }),
      }),
    );
  },
};

describe.each(Object.entries(implementations))("the %s store", (_, make) => {
  let store: SessionStore;
  let elsewhere: SessionStore;
  let now: number;
  let id: string;

  beforeEach(async () => {
    now = 1_000_000;
    const stores = await make(() => now);
    [store, elsewhere] = stores as [SessionStore, SessionStore];
    id = newSessionId();
  });

  test("shows saved values to every process", async () => {
    const made = await store.create(id, { owner: "o", n: 1 });
    expect(made).toEqual({
      values: { owner: "o", n: 1 },
      createdAt: now,
      savedAt: now,
    });
    expect(await elsewhere.read(id)).toEqual(made);
    const base = { owner: "o", n: 1 };
    await elsewhere.save(id, base, { owner: "o", n: 2 });
    expect((await store.read(id))?.values).toEqual({ owner: "o", n: 2 });
  });

  test("finds no session that was not created", async () => {
    expect(await store.read(id)).toBeUndefined();
    expect(await store.save(id, {}, { a: 1 })).toBeUndefined();
    await store.end(id);
    expect(await store.read(id)).toBeUndefined();
  });

  test("never uses an id as a path", async () => {
    for (const evil of [
      "../../etc/passwd",
      "",
      "/",
      "a/b",
      "\0",
      "x".repeat(9999),
    ]) {
      expect(await store.read(evil)).toBeUndefined();
      await store.create(evil, { evil });
      expect((await elsewhere.read(evil))?.values).toEqual({ evil });
      await store.end(evil);
    }
  });

  test("keeps the changes of two concurrent requests", async () => {
    const first = await store.create(id, { a: 1, b: 1, c: 1, gone: 1 });
    const base = { ...first.values };
    await elsewhere.save(id, base, { ...base, a: 2, new: { deep: [1] } });
    const { gone, ...mine } = base;
    expect(gone).toBe(1);
    await store.save(id, base, { ...mine, b: 2 }, first);
    const expected = { a: 2, b: 2, c: 1, new: { deep: [1] } };
    expect((await elsewhere.read(id))?.values).toEqual(expected);
  });

  test("adds up the counts of two concurrent requests", async () => {
    const base = { versions: { messages: 3 } };
    await store.create(id, base);
    await store.save(id, base, { versions: { messages: 4, projects: 1 } });
    await elsewhere.save(id, base, { versions: { messages: 5 } });
    const expected = { versions: { messages: 6, projects: 1 } };
    expect((await store.read(id))?.values).toEqual(expected);
  });

  test("loses no change of many writers", async () => {
    await store.create(id, {});
    const keys = Array.from({ length: 30 }, (__, i) => `key${i}`);
    await Promise.all(
      keys.map((key, i) =>
        (i % 2 ? store : elsewhere).save(id, {}, { [key]: i }),
      ),
    );
    const values = (await store.read(id))?.values;
    expect(values).toEqual(Object.fromEntries(keys.map((k, i) => [k, i])));
  });

  test("keeps a session deleted, whichever process writes", async () => {
    const made = await store.create(id, { a: 1 });
    await elsewhere.end(id);
    expect(await store.read(id)).toBeUndefined();
    expect(await store.save(id, { a: 1 }, { a: 2 }, made)).toBeUndefined();
    expect(await store.read(id)).toBeUndefined();
    await store.end(id);
  });

  test("lets a deletion win every race", async () => {
    for (let round = 0; round < 20; round++) {
      const each = newSessionId();
      const made = await store.create(each, { n: 0 });
      await Promise.all([
        store.save(each, { n: 0 }, { n: 1 }, made),
        elsewhere.end(each),
        elsewhere.save(each, { n: 0 }, { n: 2 }),
      ]);
      expect(await store.read(each)).toBeUndefined();
      expect(await elsewhere.read(each)).toBeUndefined();
    }
  });

  test("expires an unused session", async () => {
    await store.create(id, { a: 1 });
    now += 900;
    await store.save(id, {}, {});
    now += 900;
    expect((await elsewhere.read(id))?.values).toEqual({ a: 1 });
    now += 200;
    expect(await elsewhere.read(id)).toBeUndefined();
    expect(await store.save(id, {}, { a: 2 })).toBeUndefined();
    expect(await store.read(id)).toBeUndefined();
  });

  test("expires a session at its absolute age, even if it is in use", async () => {
    await store.create(id, {});
    for (let i = 0; i < 10; i++) {
      now += 499;
      expect(await elsewhere.save(id, {}, { i })).toBeDefined();
    }
    now += 499;
    expect(await store.read(id)).toBeUndefined();
  });

  test("deletes all sessions of an owner, and no others", async () => {
    const ids = [id, newSessionId(), newSessionId()];
    for (const each of ids) await store.create(each, {}, "ann");
    const other = newSessionId();
    await store.create(other, {}, "bob");
    await store.end(id);
    expect(await elsewhere.endAllOf("ann")).toBe(2);
    for (const each of ids) expect(await store.read(each)).toBeUndefined();
    expect(await store.read(other)).toBeDefined();
    expect(await elsewhere.endAllOf("ann")).toBe(0);
    expect(await store.endAllOf("nobody")).toBe(0);
  });

  test("isolates a reader from another reader's modifications", async () => {
    await store.create(id, { list: [1] });
    const read = await store.read(id);
    Object.assign(read?.values ?? {}, { list: "spoilt" });
    expect((await store.read(id))?.values).toEqual({ list: [1] });
  });
});

const storeOn = (fileSystem: MemoryDisk) =>
  createFileSessionStore({
    ...lifetime,
    directory: "/sessions",
    now: () => 1_000,
    files: createStorageContext({ fileSystem }),
  });

test("finds every session of an owner after a power cut", async () => {
  const disk = new MemoryDisk();
  const id = newSessionId();
  await storeOn(disk).create(id, { owner: "ann", versions: {} }, "ann");
  let found = 0;
  for (let count = 0; count <= disk.operations.length; count++) {
    for (const left of disk.cutAfter(count)) {
      if (!(await storeOn(left.copy()).read(id))) continue;
      expect(await storeOn(left).endAllOf("ann")).toBe(1);
      found += 1;
    }
  }
  expect(found).toBeGreaterThan(0);
});

test("lists a session although sweeps remove the owner's empty folder again and again", async () => {
  const disk = new MemoryDisk();
  let removals = 4;
  const { open } = disk;
  disk.open = async (file, flags) => {
    const folder = path.dirname(file);
    const isList = folder.startsWith("/sessions/owners/");
    if (isList && removals-- > 0) await disk.rmdir(folder);
    return open(file, flags);
  };
  await storeOn(disk).create(newSessionId(), {}, "ann");
  expect(removals).toBeLessThanOrEqual(0);
  expect(await storeOn(disk).endAllOf("ann")).toBe(1);
});
