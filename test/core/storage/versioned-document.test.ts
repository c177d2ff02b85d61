import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import {
  createStorageContext,
  type Damage,
  type StorageContext,
  type Instant,
} from "../../../app/core/storage/storage-context";
import { Condition } from "../../../app/core/runtime/async";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../../app/core/storage/file-system";
import {
  DocumentExistsError,
  VersionedDocument,
} from "../../../app/core/storage/versioned-document";
import { failing } from "../../support/failing-file-system";
import { temporaryFolders } from "../../support/temporary-folder";
import { waitFor } from "../../support/wait-for";

const temporaryFolder = temporaryFolders();

async function setUp(given: Partial<StorageContext> = {}) {
  const folder = path.join(await temporaryFolder(), "some", "document");
  const damage: Damage[] = [];
  const files = createStorageContext({
    onDamage: (d) => damage.push(d),
    ...given,
  });
  const other = createStorageContext({ onDamage: (d) => damage.push(d) });
  return {
    folder,
    damage,
    document: new VersionedDocument(files, folder),
    /** The same document as another process sees it. */
    elsewhere: new VersionedDocument(other, folder),
  };
}

const add = (to: VersionedDocument) =>
  to.update(({ count }) => ({ count: Number(count) + 1 }));

const versions = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.startsWith("v")).toSorted();

test("saves versions that every process reads", async () => {
  const { document, elsewhere } = await setUp();
  await document.create({ title: "a", deep: { list: [1, null, "x"] } });
  await document.update((data) => ({ ...data, title: "b" }));
  const expected = { title: "b", deep: { list: [1, null, "x"] } };
  expect((await document.read())?.data).toEqual(expected);
  expect((await elsewhere.read())?.data).toEqual(expected);
  expect((await elsewhere.read())?.number).toBe(2);
});

test("does not exist until it is created, which succeeds once", async () => {
  const { document, elsewhere } = await setUp();
  expect(await document.read()).toBeUndefined();
  const made = await Promise.allSettled([
    document.create({ by: "one" }),
    elsewhere.create({ by: "two" }),
  ]);
  const refused = made.filter((result) => result.status === "rejected");
  expect(refused).toHaveLength(1);
  expect(refused[0]?.reason).toBeInstanceOf(DocumentExistsError);
  await expect(document.create({})).rejects.toThrow(DocumentExistsError);
});

test("a write creates neither a document nor a folder", async () => {
  const { document, folder } = await setUp();
  expect(await document.update(() => ({ a: 1 }))).toBeUndefined();
  expect(await document.delete()).toBe(false);
  await expect(stat(folder)).rejects.toThrow("ENOENT");
});

test("every write of many writers in two processes is kept", async () => {
  const { document, elsewhere } = await setUp();
  await document.create({ count: 0 });
  await Promise.all(
    Array.from({ length: 40 }, (_, i) => add(i % 2 ? document : elsewhere)),
  );
  expect((await document.read())?.data).toEqual({ count: 40 });
  expect((await elsewhere.read())?.number).toBe(41);
});

test("a writer that begins with an old version reads the newer one", async () => {
  const { document, elsewhere } = await setUp();
  const old = await document.create({ a: 1, b: 1 });
  await elsewhere.update((data) => ({ ...data, a: 2 }));
  await document.update((data) => ({ ...data, b: 2 }), old);
  expect((await elsewhere.read())?.data).toEqual({ a: 2, b: 2 });
});

test("remembers the newest version that it has read, also when an older listing ends later", async () => {
  const written = new Condition();
  let isSlow = true;
  const listed = jest.fn();
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async readdir(folder) {
      const names = await nodeFileSystem.readdir(folder);
      listed();
      if (isSlow) await written.wait();
      return names;
    },
  };
  const { document, elsewhere } = await setUp({ fileSystem });
  await elsewhere.create({ count: 0 });
  const slow = document.read();
  await waitFor(() => listed.mock.calls.length === 1);
  isSlow = false;
  await add(elsewhere);
  await document.read();
  written.notifyAll();
  expect((await slow)?.number).toBe(1);
  expect(document.recall()?.number).toBe(2);
});

test("writes no version without a change", async () => {
  const { document, folder } = await setUp();
  await document.create({ a: 1 });
  expect((await document.update(() => undefined))?.number).toBe(1);
  expect(await versions(folder)).toEqual(["v1"]);
});

test("stays ended, whichever process writes", async () => {
  const { document, elsewhere, folder } = await setUp();
  const old = await document.create({ a: 1 });
  expect(await elsewhere.delete()).toBe(true);
  expect(await elsewhere.delete()).toBe(false);
  expect(await document.update(() => ({ a: 2 }), old)).toBeUndefined();
  expect((await document.read())?.isTombstone).toBe(true);
  await expect(document.create({})).rejects.toThrow(DocumentExistsError);
  await rm(folder, { recursive: true });
  expect(await document.update(() => ({ a: 2 }), old)).toBeUndefined();
  expect(await document.read()).toBeUndefined();
});

test("is ended after a version unless another version came first", async () => {
  const { document, elsewhere, folder } = await setUp();
  expect(await document.deleteAfter(1)).toBe(false);
  await document.create({ count: 0 });
  await add(elsewhere);
  expect(await document.deleteAfter(1)).toBe(false);
  expect((await document.read())?.data).toEqual({ count: 1 });
  const ends = await Promise.all([
    document.deleteAfter(2),
    elsewhere.deleteAfter(2),
  ]);
  expect(ends.filter(Boolean)).toHaveLength(1);
  expect(await add(elsewhere)).toBeUndefined();
  expect(await versions(folder)).toEqual(["v1", "v2", "v3"]);
});

test("is not ended after the fallback of a damaged version", async () => {
  const { document, folder } = await setUp();
  await document.create({ count: 0 });
  await add(document);
  await writeFile(path.join(folder, "v2.damaged"), "");
  expect(await document.deleteAfter(1)).toBe(false);
  expect(await document.deleteAfter(2)).toBe(false);
  expect((await document.read())?.data).toEqual({ count: 0 });
});

test("a reader's changes to its copy are invisible to other readers", async () => {
  const { document } = await setUp();
  await document.create({ list: [1] });
  const read = await document.read();
  Object.assign(read?.data ?? {}, { list: "spoilt" });
  expect((await document.read())?.data).toEqual({ list: [1] });
});

test("a read of a cached document is one listing", async () => {
  const calls: string[] = [];
  const counting = new Proxy(nodeFileSystem, {
    get(target, name: keyof typeof nodeFileSystem) {
      calls.push(name);
      return target[name];
    },
  });
  const { document } = await setUp({ fileSystem: counting });
  await document.create({ a: 1 });
  calls.length = 0;
  await document.read();
  expect(calls).toEqual(["readdir"]);
});

test("a write from a version that was just read costs no listing, and one after a pause does", async () => {
  let listings = 0;
  const counting = {
    ...nodeFileSystem,
    readdir: (folder: string) => {
      listings += 1;
      return nodeFileSystem.readdir(folder);
    },
  };
  const { now, pass } = clock();
  const { document, elsewhere } = await setUp({ fileSystem: counting, now });
  const made = await document.create({ n: 1 });
  listings = 0;
  const second = await document.update(() => ({ n: 2 }), made);
  expect(listings).toBe(0);
  pass(20_000);
  await document.update(() => ({ n: 3 }), second);
  expect(listings).toBe(1);
  expect((await elsewhere.read())?.data).toEqual({ n: 3 });
});

test("files are readable by their owner alone", async () => {
  const { document, folder } = await setUp();
  await document.create({ a: 1 });
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(path.dirname(folder))).mode & 0o777).toBe(0o700);
  expect((await stat(path.join(folder, "v1"))).mode & 0o777).toBe(0o600);
});

test("leaves no temporary file behind", async () => {
  const { document, folder } = await setUp();
  await document.create({ a: 1 });
  await document.update(() => ({ a: 2 }));
  await waitFor(async () => (await readdir(folder)).length <= 2);
  expect(await readdir(folder)).toEqual(["v1", "v2"]);
});

describe("an unreadable version", () => {
  test.each<[string, (file: string) => Promise<void>]>([
    ["is empty", (file) => truncate(file)],
    ["is cut", (file) => truncate(file, 30)],
    ["is zeros", (file) => writeFile(file, Buffer.alloc(100))],
    ["ends in zeros", (file) => truncate(file, 5000)],
    ["is of another format", (file) => writeFile(file, '{"format":99}')],
    ["has no data", (file) => writeFile(file, '{"format":1,"savedAt":1}')],
    ["is a list", (file) => writeFile(file, "[]")],
    [
      "is a folder",
      async (file) => {
        await rm(file);
        await mkdir(file);
      },
    ],
  ])(
    "a version that %s is reported, and the previous one serves",
    async (_, damageIt) => {
      const { folder, damage, document, elsewhere } = await setUp();
      await document.create({ a: "first" });
      await document.update(() => ({ a: "second" }));
      await damageIt(path.join(folder, "v2"));
      expect((await elsewhere.read())?.data).toEqual({ a: "first" });
      expect(damage).toHaveLength(1);
      expect(damage[0]?.path).toBe(path.join(folder, "v2"));
      expect(damage[0]?.advice).toContain("v1 replaces it");
      // The number stays taken, and the damage is reported once.
      const next = await elsewhere.update((data) => ({ ...data, b: 1 }));
      expect(next?.number).toBe(3);
      expect((await document.read())?.data).toEqual({ a: "first", b: 1 });
      expect(damage).toHaveLength(1);
    },
  );

  test("a damaged version is found by its mark, if it could be marked", async () => {
    const { folder, damage, document } = await setUp();
    await document.create({ a: 1 });
    await truncate(path.join(folder, "v1"));
    const full = failing(nodeFileSystem, "ENOSPC", "link");
    const onDamage = (found: Damage) => damage.push(found);
    for (const fileSystem of [full, nodeFileSystem, nodeFileSystem]) {
      const files = createStorageContext({ fileSystem, onDamage });
      await new VersionedDocument(files, folder).read();
    }
    const [unmarked, marked, ...others] = damage;
    expect(unmarked).not.toHaveProperty("mark");
    expect(others).toEqual([]);
    const mark = await readFile(path.join(folder, "v1.damaged"), "utf8");
    expect(mark).toBe(`${marked?.mark}\n`);
  });

  test("a damaged first version leaves no document until it is created again", async () => {
    const { folder, damage, document, elsewhere } = await setUp();
    await document.create({ a: 1 });
    await writeFile(path.join(folder, "v1"), '{"format":1,"savedAt":1,"da');
    expect(await elsewhere.read()).toBeUndefined();
    expect(damage[0]?.advice).toContain("No older version");
    await elsewhere.create({ a: 2 });
    expect((await document.read())?.data).toEqual({ a: 2 });
  });

  test("a file in place of the folder leaves no document", async () => {
    const { folder, damage, document } = await setUp();
    await mkdir(path.dirname(folder));
    await writeFile(folder, "");
    expect(await document.read()).toBeUndefined();
    expect(damage[0]?.reason).toBe("is not a folder");
  });

  const asRoot = process.getuid?.() === 0;
  test("a version without read permission falls back to the previous one", async () => {
    // Root may read everything, so for root the file system is replaced.
    const refuse = {
      ...nodeFileSystem,
      readFile: (file: string) =>
        asRoot && file.endsWith("v2")
          ? Promise.reject(Object.assign(new Error("no"), { code: "EACCES" }))
          : nodeFileSystem.readFile(file),
    };
    const { folder, elsewhere, document } = await setUp({ fileSystem: refuse });
    await elsewhere.create({ a: 1 });
    await elsewhere.update(() => ({ a: 2 }));
    await chmod(path.join(folder, "v2"), 0);
    expect((await document.read())?.data).toEqual({ a: 1 });
  });
});

/** An ended document that still has all older versions, as after a crash. */
async function setUpEnded() {
  const keeping = { ...nodeFileSystem, unlink: () => Promise.resolve() };
  const all = await setUp({ fileSystem: keeping });
  const { document, folder } = all;
  await document.create({ a: 1 });
  await document.update(() => ({ a: 2 }));
  await document.delete();
  expect(await versions(folder)).toEqual(["v1", "v2", "v3"]);
  return { ...all, tombstone: path.join(folder, "v3") };
}

describe("an ended document", () => {
  test.each<[string, (file: string) => Promise<void>]>([
    ["is empty", (file) => truncate(file)],
    ["is zeros", (file) => writeFile(file, Buffer.alloc(100))],
    [
      "is a folder",
      async (file) => {
        await rm(file);
        await mkdir(file);
      },
    ],
    ["was marked", (file) => writeFile(`${file}.damaged`, "")],
  ])(
    "an ended document stays ended when its tombstone %s",
    async (_, damageIt) => {
      const { elsewhere, tombstone, damage } = await setUpEnded();
      await damageIt(tombstone);
      for (let again = 0; again < 2; again++) {
        expect((await elsewhere.read())?.isTombstone).toBe(true);
        expect(await elsewhere.update(() => ({ a: 3 }))).toBeUndefined();
        expect(await elsewhere.delete()).toBe(false);
      }
      await expect(elsewhere.create({})).rejects.toThrow(DocumentExistsError);
      for (const { advice } of damage)
        expect(advice).toContain("stays deleted");
    },
  );

  test("a document whose end failed is still writable", async () => {
    const { document, elsewhere } = await setUp({
      fileSystem: {
        ...nodeFileSystem,
        link: () => Promise.reject(new Error("no")),
      },
    });
    await elsewhere.create({ a: 1 });
    await expect(document.delete()).rejects.toThrow("no");
    expect((await document.read())?.data).toEqual({ a: 1 });
    await elsewhere.update(() => ({ a: 2 }));
    expect((await document.read())?.data).toEqual({ a: 2 });
    expect(await elsewhere.delete()).toBe(true);
  });
});

test("a key __proto__ on disk changes nothing", async () => {
  const { folder, document } = await setUp();
  await document.create({});
  for (const key of ["__proto__", "\\u005f_proto__", "__pr\\u006fto__"]) {
    const data = `{"a":{"${key}":{"isAdmin":true}},"${key}":{"isAdmin":true}}`;
    const next = (await readdir(folder)).filter((n) => n.startsWith("v"));
    await writeFile(
      path.join(folder, `v${next.length + 1}`),
      `{"format":1,"token":"x","savedAt":1,"data":${data}}`,
    );
    const read = await document.read();
    expect(read?.number).toBe(next.length + 1);
    expect(Object.assign({}, read?.data)).toEqual({ a: {} });
    expect(JSON.stringify(read?.data)).toBe('{"a":{}}');
    for (const part of [read?.data, read?.data["a"]]) {
      expect(part).not.toHaveProperty("isAdmin");
    }
  }
});

function clock() {
  const instant: Instant = { monotonic: 0, wall: 0 };
  return {
    now: () => ({ ...instant }),
    pass: (ms: number) => {
      instant.monotonic += ms;
      instant.wall += ms;
    },
  };
}

const noPause = () => Promise.resolve();

describe("old versions", () => {
  test("later writes remove old versions that no slow writer can reuse the numbers of", async () => {
    const { now, pass } = clock();
    const { document, folder } = await setUp({ now });
    await document.create({ n: 1 });
    for (const n of [2, 3, 4]) await document.update(() => ({ n }));
    expect(await versions(folder)).toEqual(["v1", "v2", "v3", "v4"]);
    pass(61_000);
    await document.update(() => ({ n: 5 }));
    await waitFor(async () => (await versions(folder)).length <= 2);
    expect(await versions(folder)).toEqual(["v4", "v5"]);
  });

  test("a writer after a long pause trusts no number that was used before", async () => {
    const { now, pass } = clock();
    let pause = noPause;
    const slow = {
      ...nodeFileSystem,
      link: async (file: string, name: string) => {
        await pause();
        await nodeFileSystem.link(file, name);
      },
    };
    const { document, elsewhere, folder } = await setUp({
      now,
      fileSystem: slow,
    });
    const old = await document.create({ n: 1 });
    pause = async () => {
      pause = noPause;
      for (const n of [2, 3, 4]) await elsewhere.update(() => ({ n }));
      await rm(path.join(folder, "v2"));
      pass(61_000);
    };
    const write = document.update(() => ({ n: "stale" }), old);
    await expect(write).rejects.toThrow("took too long");
    expect((await document.read())?.data).toEqual({ n: 4 });
  });
});
