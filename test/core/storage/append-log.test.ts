import { readdir, rm, truncate, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { removeCompacted } from "../../../app/core/storage/compaction";
import {
  LogMissingError,
  LogReader,
} from "../../../app/core/storage/log-reader";
import {
  AppendLog,
  type LogOptions,
} from "../../../app/core/storage/append-log";
import {
  createStorageContext,
  type Damage,
  type StorageContext,
} from "../../../app/core/storage/storage-context";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../../app/core/storage/file-system";
import { countCalls } from "../../../scripts/support/count-calls";
import { failing } from "../../support/failing-file-system";
import { temporaryFolders } from "../../support/temporary-folder";
import { waitFor } from "../../support/wait-for";

const temporaryFolder = temporaryFolders();

async function setUp(
  given: Partial<StorageContext> = {},
  options: LogOptions = {},
) {
  const folder = path.join(await temporaryFolder(), "conversation", "messages");
  const damage: Damage[] = [];
  const onDamage = (found: Damage) => damage.push(found);
  const log = new AppendLog(
    createStorageContext({ onDamage, ...given }),
    folder,
    options,
  );
  /** The same log as another process sees it. */
  const elsewhere = () =>
    new AppendLog(createStorageContext({ onDamage }), folder, options);
  await log.createFolder();
  return { folder, damage, log, elsewhere };
}

async function fill(log: AppendLog, from: number, to: number) {
  for (let n = from; n <= to; n++)
    await log.createAt(n, { text: `entry ${n}` });
  await log.compact();
}

/** Sets the time of all files in the folder far back. */
async function age(folder: string) {
  for (const name of await readdir(folder)) {
    await utimes(path.join(folder, name), 1, 1);
  }
}

const noPause = () => Promise.resolve();
const odd = (last: number) => last + 1 + (last % 2);
const textOf = (n: number) => ({ number: n, text: `entry ${n}` });
const lines = (from: number, to: number) =>
  Array.from(
    { length: to - from + 1 },
    (_, i) => `${JSON.stringify({ ...textOf(from + i), token: "t" })}\n`,
  ).join("");
const names = async (folder: string) =>
  (await readdir(folder)).filter((name) => !name.endsWith(".tmp")).toSorted();

/** A file system that counts the bytes that are read, and a log on it. */
async function readerOf(folder: string, damage: Damage[] = []) {
  const read = { bytes: 0, most: 0 };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    readFile: async (...given) => {
      const bytes = await nodeFileSystem.readFile(...given);
      read.bytes += bytes.length;
      return bytes;
    },
    open: async (...given) => {
      const file = await nodeFileSystem.open(...given);
      const count = (from: number, most: number) => {
        read.bytes += most;
        read.most = Math.max(read.most, most);
        return file.read(from, most);
      };
      return { ...file, read: count };
    },
  };
  const onDamage = (found: Damage) => damage.push(found);
  const storage = createStorageContext({ fileSystem, onDamage });
  return { read, log: new AppendLog(storage, folder) };
}

test("gives appended entries numbers that every process sees", async () => {
  const { log, elsewhere } = await setUp();
  expect((await log.list()).last).toBe(0);
  expect(await log.append({ text: "a" })).toBe(1);
  expect(await elsewhere().append({ text: "b", deep: { x: [1] } })).toBe(2);
  expect(await log.readRange(1, 5)).toEqual([
    { number: 1, text: "a" },
    { number: 2, text: "b", deep: { x: [1] } },
  ]);
  expect(await log.read(2)).toEqual({ number: 2, text: "b", deep: { x: [1] } });
  expect(await log.read(3)).toBeUndefined();
});

test("gives every number to exactly one of many writers", async () => {
  const { log, elsewhere } = await setUp();
  const there = elsewhere();
  const numbers = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      (i % 2 ? log : there).append({ writer: i }),
    ),
  );
  expect(numbers.toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
  const entries = await log.readRange(1, 60);
  expect(entries.map((entry) => entry.writer)).toEqual(
    entries.map(({ number }) => numbers.indexOf(number)),
  );
});

test("only one of many writers creates the entry with a given number", async () => {
  const { log, elsewhere } = await setUp();
  const made = await Promise.all(
    Array.from({ length: 10 }, (_, i) => elsewhere().createAt(4, { by: i })),
  );
  expect(made.filter(Boolean)).toHaveLength(1);
  expect((await log.read(4))?.by).toBe(made.indexOf(true));
  expect(await log.createAt(4, {})).toBe(false);
});

test("lets a writer take only every other number", async () => {
  const { log } = await setUp();
  expect(await log.append({}, odd)).toBe(1);
  expect(await log.append({}, odd)).toBe(3);
  await log.createAt(4, {});
  expect(await log.append({}, odd)).toBe(5);
  expect((await log.list()).newest(3)).toEqual([3, 4, 5]);
});

test("a write does not create a missing log", async () => {
  const { log, folder } = await setUp();
  await rm(folder, { recursive: true });
  await expect(log.append({})).rejects.toThrow(LogMissingError);
  await expect(log.createAt(1, {})).rejects.toThrow(LogMissingError);
  expect(await log.listIfExists()).toBeUndefined();
});

test("reads the last entries, and the ones before those", async () => {
  const { log } = await setUp();
  await fill(log, 1, 25);
  const last = await log.readLast(3);
  expect(last).toEqual([textOf(23), textOf(24), textOf(25)]);
  const before = await log.readLast(2, { before: 23 });
  expect(before).toEqual([textOf(21), textOf(22)]);
  expect(await log.readLast(5, { before: 3 })).toEqual([textOf(1), textOf(2)]);
});

test("an entry that this process wrote is read without the disk", async () => {
  const noReads = failing(nodeFileSystem, "EIO", "readFile");
  const { log, elsewhere } = await setUp({ fileSystem: noReads });
  await log.append({ text: "mine" });
  expect(await log.read(1)).toEqual({ number: 1, text: "mine" });
  expect(await elsewhere().read(1)).toEqual({ number: 1, text: "mine" });
});

test("entries that this process wrote or read are read in turn without the disk", async () => {
  const calls = countCalls(nodeFileSystem);
  const { log, elsewhere, folder } = await setUp();
  await fill(log, 1, 20);
  for (let n = 11; n <= 20; n++) await rm(path.join(folder, String(n)));
  await fill(elsewhere(), 21, 24);
  const storage = createStorageContext({ fileSystem: calls.fileSystem });
  const there = new AppendLog(storage, folder);
  const listing = await there.list();
  const inTurn = async () => {
    const all: number[] = [];
    const wanted = listing.between(1, 24).toReversed();
    for await (const { number } of there.readInTurn(wanted, listing)) {
      all.push(number);
    }
    expect(all).toEqual(wanted);
    return calls.take().calls["read"] ?? 0;
  };
  calls.take();
  expect(await inTurn()).toBeGreaterThan(0);
  expect(await inTurn()).toBe(0);
});

test("a disk that fails is reported, and its entries are not taken for missing", async () => {
  const { log, folder } = await setUp();
  await log.append({ text: "there" });
  const readOn = (code: string) => {
    const fileSystem = failing(nodeFileSystem, code, "readFile");
    return new AppendLog(createStorageContext({ fileSystem }), folder).read(1);
  };
  await expect(readOn("EIO")).rejects.toThrow("EIO");
  expect(await readOn("EACCES")).toBeUndefined();
});

test("an entry that was read is immutable for other readers", async () => {
  const { log } = await setUp();
  await log.append({ deep: { list: [1] } });
  const entry = await log.read(1);
  expect(Object.isFrozen(entry)).toBe(true);
  expect(Object.isFrozen(entry?.deep)).toBe(true);
});

/** The listings that a compaction makes after the last of so many appends. */
async function compactions(count: number, options?: LogOptions) {
  let listings = 0;
  const counting: FileSystem = {
    ...nodeFileSystem,
    readdir: (of) => {
      listings += 1;
      return nodeFileSystem.readdir(of);
    },
  };
  const { log } = await setUp({ fileSystem: counting }, options);
  for (let n = 1; n < count; n++) await log.append({ n });
  listings = 0;
  await log.append({ n: count });
  return listings - 1;
}

describe("compaction", () => {
  test("compaction makes segments, smaller ones first, and keeps every entry", async () => {
    const { log, elsewhere, folder } = await setUp();
    await fill(log, 1, 100);
    expect(await names(folder)).toContain("1-10");
    expect(await names(folder)).toContain("1-100");
    const read = await elsewhere().readRange(1, 100);
    expect(read).toEqual(Array.from({ length: 100 }, (_, i) => textOf(i + 1)));
  });

  test("an append that fills a segment has it made in the background", async () => {
    const { log, folder } = await setUp();
    for (let n = 1; n <= 20; n++) await log.append({ n });
    const segments = () =>
      names(folder).then((all) => all.filter((name) => name.includes("-")));
    await waitFor(async () => (await segments()).length === 2);
    expect(await segments()).toEqual(["1-10", "11-20"]);
  });

  test("compaction waits for a missing number until ten entries follow the segment", async () => {
    const { log, folder } = await setUp();
    const made = Array.from({ length: 19 }, (_, i) => i + 1);
    for (const n of made) if (n !== 4) await log.createAt(n, textOf(n));
    await log.compact();
    expect(await names(folder)).not.toContain("1-10_4");
    await fill(log, 20, 20);
    expect(await names(folder)).toContain("1-10_4");
  });

  test("compaction removes only entries that a segment has held for long", async () => {
    const { log, elsewhere, folder } = await setUp();
    await fill(log, 1, 15);
    expect(await names(folder)).toContain("3");
    await age(folder);
    await fill(log, 16, 20);
    const decade = Array.from({ length: 10 }, (_, i) => `${i + 11}`);
    expect(await names(folder)).toEqual(
      ["1-10", "11-20", ...decade].toSorted(),
    );
    expect(await elsewhere().readRange(9, 12)).toEqual(
      [9, 10, 11, 12].map(textOf),
    );
  });

  test("compaction asks for the age of one young segment, however many there are", async () => {
    const calls = countCalls(nodeFileSystem);
    const { log } = await setUp({ fileSystem: calls.fileSystem });
    await fill(log, 1, 10);
    calls.take();
    await fill(log, 11, 20);
    const few = calls.take().calls["status"];
    await fill(log, 21, 50);
    calls.take();
    await fill(log, 51, 60);
    expect(few).toBeGreaterThan(0);
    expect(calls.take().calls["status"]).toBe(few);
  });

  test("a compacted number stays taken", async () => {
    const { log, elsewhere, folder } = await setUp();
    await fill(log, 1, 15);
    await age(folder);
    await fill(log, 16, 20);
    expect(await names(folder)).not.toContain("7");
    expect(await elsewhere().createAt(7, { text: "mine" })).toBe(false);
    expect(await log.read(7)).toEqual(textOf(7));
  });

  test("a writer after a long pause does not take a number that was compacted meanwhile", async () => {
    let pause = noPause;
    let passed = 0;
    const slow: FileSystem = {
      ...nodeFileSystem,
      link: async (file, name) => {
        await pause();
        await nodeFileSystem.link(file, name);
      },
    };
    const now = () => ({ monotonic: passed, wall: passed });
    const { log, elsewhere, folder } = await setUp({ fileSystem: slow, now });
    const other = elsewhere();
    await fill(other, 1, 6);
    pause = async () => {
      pause = noPause;
      await fill(other, 7, 15);
      await age(folder);
      await fill(other, 16, 20);
      expect(await names(folder)).not.toContain("7");
      passed = 61_000;
    };
    expect(await log.createAt(7, { text: "too late" })).toBe(false);
    expect(await log.read(7)).toEqual(textOf(7));
    expect(await names(folder)).not.toContain("7");
  });

  test("compaction leaves room for a missing number, and adds it later", async () => {
    const { log, elsewhere, folder } = await setUp();
    for (let n = 1; n <= 21; n++) if (n !== 4) await log.createAt(n, textOf(n));
    await log.compact();
    expect(await names(folder)).toContain("1-10_4");
    await age(folder);
    await fill(log, 22, 30);
    expect(await elsewhere().read(4)).toBeUndefined();
    expect(await elsewhere().createAt(4, textOf(4))).toBe(true);
    await fill(log, 31, 100);
    await age(folder);
    await fill(log, 101, 110);
    expect(await names(folder)).not.toContain("4");
    expect(await names(folder)).not.toContain("1-10_4");
    const read = await elsewhere().readRange(1, 110);
    expect(read).toEqual(Array.from({ length: 110 }, (_, i) => textOf(i + 1)));
  });

  test("a page of a log of a thousand entries costs a few reads", async () => {
    const { log, folder } = await setUp();
    for (let from = 1; from < 900; from += 100) {
      const name = `${from}-${from + 99}`;
      await writeFile(path.join(folder, name), lines(from, from + 99));
    }
    await fill(log, 901, 1009);
    let reads = 0;
    const counting: FileSystem = {
      ...nodeFileSystem,
      readFile: (file) => {
        reads++;
        return nodeFileSystem.readFile(file);
      },
    };
    const cold = new AppendLog(
      createStorageContext({ fileSystem: counting }),
      folder,
    );
    const page = await cold.readLast(50);
    expect(page.map(({ number }) => number)).toEqual(
      Array.from({ length: 50 }, (_, i) => 960 + i),
    );
    expect(reads).toBeLessThanOrEqual(10);
    reads = 0;
    expect(await cold.readRange(1, 1009)).toHaveLength(1009);
    expect(reads).toBeLessThanOrEqual(10);
  });

  test("entries that are too long for a segment stay in their files, and are read once for it", async () => {
    let reads = 0;
    const counting: FileSystem = {
      ...nodeFileSystem,
      readFile: (...given) => {
        reads++;
        return nodeFileSystem.readFile(...given);
      },
    };
    const { folder, elsewhere } = await setUp();
    const there = elsewhere();
    const text = "x".repeat(200_000);
    for (let n = 1; n <= 10; n++) await there.createAt(n, { text });
    await fill(there, 11, 20);
    const log = new AppendLog(
      createStorageContext({ fileSystem: counting, cacheBytes: 10_000 }),
      folder,
    );
    await log.compact();
    expect(await names(folder)).toContain("11-20");
    expect(await names(folder)).not.toContain("1-10");
    expect(reads).toBeGreaterThan(0);
    reads = 0;
    await log.compact();
    expect(reads).toBe(0);
    expect((await elsewhere().readRange(1, 20)).length).toBe(20);
  });

  describe("a long segment of an earlier version of the program", () => {
    const length = 50_000;
    const long = (n: number) => ({ ...textOf(n), more: "x".repeat(length) });
    const longLines = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, i) =>
        JSON.stringify({ ...long(from + i), token: "t" }),
      );

    test("is read in parts, and later where the wanted entry is", async () => {
      const { folder } = await setUp();
      const text = `${longLines(1, 100).join("\n")}\n`;
      await writeFile(path.join(folder, "1-100"), text);
      const { log, read } = await readerOf(folder);
      expect(await log.read(57)).toEqual(long(57));
      expect(read.most).toBeLessThan(1_000_000);
      read.bytes = 0;
      const listing = await log.list();
      const some = await log.readEntries([100, 1, 57], listing);
      expect(some).toEqual([long(100), long(1), long(57)]);
      expect(read.bytes).toBeLessThan(3 * length);
    });

    test("is reported if it is damaged, and its other entries are served", async () => {
      const { folder } = await setUp();
      const all = longLines(1, 100);
      all[10] = all[10]!.slice(0, 1_000);
      await writeFile(path.join(folder, "1-100"), all.join("\n"));
      await writeFile(path.join(folder, "50"), `${all[49]}\n`);
      const damage: Damage[] = [];
      const { log } = await readerOf(folder, damage);
      const found = await log.readRange(1, 100);
      expect(found.map(({ number }) => number)).toEqual(
        Array.from({ length: 100 }, (_, i) => i + 1).filter((n) => n !== 11),
      );
      expect(damage[0]?.path).toBe(path.join(folder, "1-100"));
      await age(folder);
      await log.compact();
      expect(await names(folder)).toContain("50");
    });

    test("replaces the files of its entries", async () => {
      const { log, folder } = await setUp();
      const all = longLines(1, 30);
      await writeFile(path.join(folder, "1-30"), `${all.join("\n")}\n`);
      await writeFile(path.join(folder, "7"), `${all[6]}\n`);
      await age(folder);
      const reader = new LogReader(createStorageContext(), folder);
      expect(await removeCompacted(reader, Date.now())).toBe(1);
      expect(await names(folder)).toEqual(["1-30"]);
      expect(await log.read(7)).toEqual(long(7));
    });

    test("is served from other files if it can't be opened", async () => {
      const { folder } = await setUp();
      const all = longLines(1, 30);
      await writeFile(path.join(folder, "1-30"), `${all.join("\n")}\n`);
      await writeFile(path.join(folder, "7"), `${all[6]}\n`);
      const open = failing(nodeFileSystem, "EACCES", "open");
      const log = new AppendLog(
        createStorageContext({ fileSystem: open }),
        folder,
      );
      expect(await log.read(7)).toEqual(long(7));
      expect(await log.read(8)).toBeUndefined();
    });
  });

  test("reads entries in turn, few at a time if they are long", async () => {
    const { log, elsewhere } = await setUp({}, { segmentSizes: [] });
    const text = "x".repeat(300_000);
    for (let n = 1; n <= 12; n++) await log.append({ text });
    await fill(log, 13, 60);
    const there = elsewhere();
    const listing = await there.list();
    const reads: number[] = [];
    const read = there.readEntries.bind(there);
    jest.spyOn(there, "readEntries").mockImplementation((numbers, ...rest) => {
      reads.push(numbers.length);
      return read(numbers, ...rest);
    });
    const all: number[] = [];
    const wanted = listing.between(1, 60).toReversed();
    for await (const { number } of there.readInTurn(wanted, listing)) {
      all.push(number);
    }
    expect(all).toEqual(wanted);
    expect(reads.slice(0, 5)).toEqual([1, 2, 4, 8, 8]);
    expect(reads.slice(-2)).toEqual([3, 2]);
  });

  test("compaction beside writers, readers and another compaction loses nothing", async () => {
    const { log, elsewhere, folder } = await setUp();
    const seen = Array.from({ length: 4 }, async (_, reader) => {
      const there = elsewhere();
      for (let read = 0; read < 120;) {
        const all = await there.readRange(1, 1000);
        expect(all.length).toBeGreaterThanOrEqual(read);
        expect(all.map(({ number }) => number)).toEqual(
          Array.from(all, (__, i) => i + 1),
        );
        read = all.length;
        if (reader < 2) await there.compact();
        await age(folder).catch(() => undefined);
      }
    });
    const writes = Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 30; i++) await log.append({ text: "x" });
    });
    await Promise.all([...seen, ...writes]);
    expect(await elsewhere().readRange(1, 1000)).toHaveLength(120);
  });

  test("a damaged segment is reported, and its entries are served from other files", async () => {
    const { log, elsewhere, folder, damage } = await setUp();
    await fill(log, 1, 12);
    await truncate(path.join(folder, "1-10"), 60);
    const read = await elsewhere().readRange(1, 12);
    expect(read).toEqual(Array.from({ length: 12 }, (_, i) => textOf(i + 1)));
    expect(damage[0]?.path).toBe(path.join(folder, "1-10"));
    // The damaged segment's entries are not removed.
    await age(folder);
    await fill(log, 13, 20);
    expect(await names(folder)).toContain("7");
  });

  test("a damaged entry is reported and skipped", async () => {
    const { log, elsewhere, folder, damage } = await setUp();
    await fill(log, 1, 3);
    await writeFile(path.join(folder, "2"), Buffer.alloc(50));
    const read = await elsewhere().readRange(1, 3);
    expect(read).toEqual([textOf(1), textOf(3)]);
    expect(damage[0]?.path).toBe(path.join(folder, "2"));
    expect(await log.createAt(2, {})).toBe(false);
  });

  test("a file that can't be removed is reported, and one that is gone is not", async () => {
    const { log, folder } = await setUp();
    await fill(log, 1, 10);
    await age(folder);
    const removeFrom = (fileSystem: FileSystem) =>
      removeCompacted(
        new LogReader(createStorageContext({ fileSystem }), folder),
        Date.now(),
      );
    const broken = removeFrom(failing(nodeFileSystem, "EIO", "unlink"));
    await expect(broken).rejects.toThrow("EIO");
    const gone = failing(nodeFileSystem, "ENOENT", "unlink");
    expect(await removeFrom(gone)).toBe(10);
    expect(await removeFrom(nodeFileSystem)).toBe(10);
    expect(await names(folder)).toEqual(["1-10"]);
  });

  test("nothing is removed while the age of a segment is unknown", async () => {
    const { log, folder } = await setUp();
    await fill(log, 1, 10);
    await age(folder);
    const reader = new LogReader(
      createStorageContext({
        fileSystem: failing(nodeFileSystem, "EIO", "stat"),
      }),
      folder,
    );
    expect(await removeCompacted(reader, Date.now())).toBe(0);
    expect(await names(folder)).toContain("7");
  });

  test("an append starts no compaction before a segment is due", async () => {
    expect(await compactions(1)).toBe(0);
    expect(await compactions(9)).toBe(0);
    expect(await compactions(10)).toBeGreaterThan(0);
    expect(await compactions(15)).toBe(0);
    expect(await compactions(10, { segmentSizes: [] })).toBe(0);
  });

  test("an append starts no compaction after a segment that is there", async () => {
    const { log } = await setUp();
    await fill(log, 1, 10);
    const compact = jest.spyOn(log, "compact");
    await log.createAt(11, { text: "entry 11" });
    expect(compact).not.toHaveBeenCalled();
  });

  test("an append starts a compaction after a segment that is missing", async () => {
    const { log } = await setUp();
    await log.createAt(9, { text: "entry 9" });
    const compact = jest.spyOn(log, "compact");
    await log.createAt(11, { text: "entry 11" });
    expect(compact).toHaveBeenCalledTimes(1);
  });
});

/** A log that counts its listings. */
async function counted() {
  let listings = 0;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    readdir: (folder) => {
      listings++;
      return nodeFileSystem.readdir(folder);
    },
  };
  const { log, elsewhere } = await setUp({ fileSystem });
  const upTo = async (number: number) => {
    const before = listings;
    const listing = await log.listUpTo(number);
    const numbers = listing?.between(1, number);
    return { numbers, listings: listings - before };
  };
  return { log, elsewhere, upTo };
}

describe("a listing up to an entry", () => {
  it("needs no call after this process has created that entry as the next one", async () => {
    const { log, upTo } = await counted();
    await fill(log, 1, 2);
    await log.createAt(3, textOf(3), await log.list());
    expect(await upTo(3)).toEqual({ numbers: [1, 2, 3], listings: 0 });
  });

  it("is made if another process has created an entry before it", async () => {
    const { log, elsewhere, upTo } = await counted();
    await fill(log, 1, 1);
    const listing = await log.list();
    await elsewhere().createAt(2, textOf(2));
    await log.createAt(3, textOf(3), listing);
    expect(await upTo(3)).toEqual({ numbers: [1, 2, 3], listings: 1 });
  });

  it("is made if another process has created that entry", async () => {
    const { log, elsewhere, upTo } = await counted();
    await fill(log, 1, 2);
    await log.list();
    await elsewhere().createAt(3, textOf(3));
    expect(await upTo(3)).toEqual({ numbers: [1, 2, 3], listings: 1 });
  });

  it("is none if there is no log", async () => {
    const storage = createStorageContext();
    const missing = path.join(await temporaryFolder(), "none");
    expect(await new AppendLog(storage, missing).listUpTo(1)).toBeUndefined();
  });
});

async function* allOf(count: number, before = noPause) {
  await before();
  for (let n = 1; n <= count; n++) yield textOf(n);
}

/** A call beside which another one on another process creates so many entries after it has listed the log. */
async function race(own: number, other: number) {
  const flushed: string[] = [];
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    syncDirectory: async (folder) => {
      flushed.push(folder);
      await nodeFileSystem.syncDirectory(folder);
    },
  };
  const { log, elsewhere, folder } = await setUp({ fileSystem });
  const isOurs = await log.createAll(
    allOf(own, async () => {
      flushed.length = 0;
      expect(await elsewhere().createAll(allOf(other))).toBe(true);
    }),
  );
  const isFlushed = flushed.includes(folder);
  return { isOurs, names: await names(folder), isFlushed };
}

describe("all entries at once", () => {
  it("are on disk when another process created them, which may die before its flush", async () => {
    expect(await race(4, 4)).toEqual({
      isOurs: false,
      names: ["1-4"],
      isFlushed: true,
    });
  });

  it("are the fewer of two that other processes create at the same moment", async () => {
    expect(await race(6, 4)).toEqual({
      isOurs: false,
      names: ["1-4"],
      isFlushed: true,
    });
  });
});
