import { EventEmitter, once } from "node:events";
import { lookup } from "node:dns/promises";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import {
  boundFileSystem,
  boundsFrom,
  StorageTimeoutError,
} from "../../../app/core/storage/bounded-file-system";
import {
  type FileSystem,
  nodeFileSystem,
  type OpenFile,
} from "../../../app/core/storage/file-system";
import { withTimeout } from "../../../app/core/runtime/async";
import { makeHangingFile, releaseReader } from "../../support/hanging-file";
import { waitFor } from "../../support/wait-for";
import { temporaryFolders } from "../../support/temporary-folder";

const temporaryFolder = temporaryFolders();

/** @param timeoutMs By default longer than any call on a busy machine. */
async function setUp(timeoutMs = 60_000) {
  const folder = await temporaryFolder();
  const well = path.join(folder, "well");
  const hanging = path.join(folder, "hanging");
  await writeFile(well, "text");
  makeHangingFile(hanging);
  const calls: Promise<unknown>[] = [];
  const watched = {
    ...nodeFileSystem,
    readFile: (file: string) => {
      const call = nodeFileSystem.readFile(file);
      calls.push(call);
      return call;
    },
  };
  const bounds = { timeoutMs, concurrency: 2 };
  const bounded = boundFileSystem(watched, bounds);
  cleanups.push(() => release(hanging, calls));
  return { folder, well, hanging, bounded, calls };
}

/** Reads a file that does not hang, again after each time-out on a busy machine. */
async function readWell(from: FileSystem, well: string): Promise<string> {
  let text = "";
  await waitFor(async () => {
    text = await from.readFile(well).then(String, (error: unknown) => {
      if (error instanceof StorageTimeoutError) return "";
      throw error;
    });
    return text !== "";
  });
  return text;
}

/** Releases all calls that hang in opening the file, now or later. */
async function release(file: string, calls: Promise<unknown>[]) {
  const left = new Set(calls);
  for (const call of calls) {
    void call.finally(() => left.delete(call)).catch(() => {});
  }
  await waitFor(async () => {
    if (left.size > 0) releaseReader(file);
    return left.size === 0;
  });
}

/** Also after a failure: a thread that hangs would keep the test run from ending. */
const cleanups: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(cleanups.splice(0).map((clean) => clean())));

test("a call that hangs times out", async () => {
  const { bounded, hanging, well, calls } = await setUp(100);
  await expect(bounded.readFile(hanging)).rejects.toThrow(StorageTimeoutError);
  expect(await readWell(bounded, well)).toBe("text");
  await release(hanging, calls);
});

const never = () => once(new EventEmitter(), "never") as Promise<never>;

/** Each call of a file system. A new kind of call is missing here until it has a line. */
const callsByName: Record<
  Exclude<keyof FileSystem, "entries">,
  (to: FileSystem) => Promise<unknown>
> = {
  readdir: (to) => to.readdir("folder"),
  readFile: (to) => to.readFile("file"),
  open: (to) => to.open("file", "r"),
  link: (to) => to.link("file", "name"),
  unlink: (to) => to.unlink("file"),
  mkdir: (to) => to.mkdir("folder"),
  rmdir: (to) => to.rmdir("folder"),
  rename: (to) => to.rename("file", "name"),
  stat: (to) => to.stat("file"),
  syncDirectory: (to) => to.syncDirectory("folder"),
  refresh: (to) => to.refresh("folder"),
};

/** Each call of an open file. */
const fileCalls: Record<keyof OpenFile, (to: OpenFile) => Promise<unknown>> = {
  write: (to) => to.write(Buffer.from("text"), 0),
  read: (to) => to.read(0, 1),
  size: (to) => to.size(),
  sync: (to) => to.sync(),
  close: (to) => to.close(),
};

/** A call without a time-out fails the test by another error, before the test's own limit. */
const within = <T>(call: Promise<T>) => withTimeout(call, 20_000);

const SHORT = { timeoutMs: 20, concurrency: 2 };

test.each(Object.keys(callsByName) as (keyof typeof callsByName)[])(
  "%s times out when it hangs",
  async (name) => {
    const hangs = { ...nodeFileSystem, [name]: never };
    const call = callsByName[name](boundFileSystem(hangs, SHORT));
    await expect(within(call)).rejects.toThrow(StorageTimeoutError);
  },
);

test.each(Object.keys(fileCalls) as (keyof OpenFile)[])(
  "%s of an open file times out when it hangs",
  async (name) => {
    const file = Object.fromEntries(
      Object.keys(fileCalls).map((key) => [key, () => Promise.resolve()]),
    ) as unknown as OpenFile;
    const opened = { ...file, [name]: never };
    const disk = { ...nodeFileSystem, open: () => Promise.resolve(opened) };
    const open = await boundFileSystem(disk, SHORT).open("file", "r");
    const call = fileCalls[name](open);
    await expect(within(call)).rejects.toThrow(StorageTimeoutError);
  },
);

test("calls that hang leave threads of any pool to others", () => {
  for (let threads = 2; threads <= 1024; threads++) {
    const { concurrency } = boundsFrom({
      STORAGE_TIMEOUT_SECONDS: 1,
      UV_THREADPOOL_SIZE: threads,
    });
    expect(concurrency).toBeGreaterThanOrEqual(1);
    expect(concurrency).toBeLessThan(threads);
  }
});

test("calls are refused while all places hang, and the process continues", async () => {
  const { bounded, hanging, well, calls } = await setUp(100);
  const reads = [1, 2, 3, 4, 5].map(() => bounded.readFile(hanging));
  const results = await Promise.allSettled(reads);
  expect(results.map(({ status }) => status)).toEqual(
    Array.from(results, () => "rejected"),
  );
  expect(calls).toHaveLength(2);
  await expect(bounded.readdir(path.dirname(well))).rejects.toMatchObject({
    code: "ETIMEDOUT",
  });
  // Calls outside of the bounded file system still get a thread.
  expect((await lookup("127.0.0.1")).address).toBe("127.0.0.1");
  expect((await nodeFileSystem.readFile(well)).toString()).toBe("text");
  // When the disk answers again, the bounded file system does too.
  await release(hanging, calls);
  expect(await readWell(bounded, well)).toBe("text");
});

test("many calls pass, a few at a time, with their results and errors", async () => {
  const { bounded, well, folder } = await setUp();
  const reads = await Promise.all(
    Array.from({ length: 50 }, () => bounded.readFile(well)),
  );
  expect(reads.every((bytes) => bytes.toString() === "text")).toBe(true);
  await expect(bounded.readFile(path.join(folder, "no"))).rejects.toMatchObject(
    { code: "ENOENT" },
  );
  const names: string[] = [];
  for await (const { name } of bounded.entries(folder)) names.push(name);
  expect(names.toSorted()).toEqual(["hanging", "well"]);
});

test("a listing that hangs in the middle times out", async () => {
  const { folder, bounded } = await setUp();
  const slow: FileSystem = {
    ...nodeFileSystem,
    async *entries() {
      yield { name: "first", isFolder: false };
      await once(new EventEmitter(), "never");
    },
  };
  const names: string[] = [];
  const list = async (from: FileSystem) => {
    for await (const { name } of from.entries(folder)) names.push(name);
  };
  const bounds = { timeoutMs: 20, concurrency: 2 };
  const listing = list(boundFileSystem(slow, bounds));
  await expect(listing).rejects.toThrow(StorageTimeoutError);
  expect(names).toEqual(["first"]);
  await list(bounded);
});

test("a file that is closed while all places hang is closed afterwards", async () => {
  const { bounded, hanging, well, calls } = await setUp(100);
  const events = new EventEmitter();
  const file = await nodeFileSystem.open(well, "r");
  const watched = boundFileSystem(
    {
      ...nodeFileSystem,
      open: async () => ({
        ...file,
        close: async () => {
          await file.close();
          events.emit("closed");
        },
      }),
      readFile: (path_) => {
        const call = nodeFileSystem.readFile(path_);
        calls.push(call);
        return call;
      },
    },
    { timeoutMs: 100, concurrency: 2 },
  );
  const open = await watched.open(well, "r");
  const reads = [1, 2].map(() => watched.readFile(hanging));
  await Promise.allSettled(reads);
  const closed = once(events, "closed");
  await expect(open.close()).rejects.toThrow(StorageTimeoutError);
  await release(hanging, calls);
  await closed;
  expect(await readWell(bounded, well)).toBe("text");
});

test("a file that opens after its time-out is closed", async () => {
  const events = new EventEmitter();
  const file = await nodeFileSystem.open((await setUp()).well, "r");
  const handle = {
    ...file,
    close: async () => {
      await file.close();
      events.emit("closed");
    },
  };
  const slow: FileSystem = {
    ...nodeFileSystem,
    open: async () => {
      await once(events, "open");
      return handle;
    },
  };
  const bounded = boundFileSystem(slow, { timeoutMs: 20, concurrency: 1 });
  await expect(bounded.open("any", "r")).rejects.toThrow(StorageTimeoutError);
  const closed = once(events, "closed");
  events.emit("open");
  await expect(closed).resolves.toEqual([]);
});
