import {
  constants,
  fstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from "node:fs";
import * as callbacks from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { nodeFileSystem } from "../../../app/core/storage/file-system";
import { temporaryFolders } from "../../support/temporary-folder";

jest.mock("node:fs", () => {
  const actual = jest.requireActual<typeof callbacks>("node:fs");
  return { ...actual, fsync: jest.fn(actual.fsync) };
});

const temporaryFolder = temporaryFolders();
const fsync = jest.mocked(callbacks.fsync);

afterEach(() => {
  jest.restoreAllMocks();
});

/** Lets the next call of a method of Node's file handles do half of its work. */
async function halve(method: "read" | "write"): Promise<void> {
  const handle = await open(__filename);
  await handle.close();
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  const whole = prototype[method] as unknown as (
    ...given: unknown[]
  ) => Promise<unknown>;
  jest.spyOn(prototype, method).mockImplementationOnce(function (
    this: FileHandle,
    data: unknown,
    offset: number,
    length: number,
    position: number,
  ) {
    return whole.call(this, data, offset, length >> 1, position) as never;
  } as never);
}

test("writes the rest after the system wrote a part", async () => {
  const file = path.join(await temporaryFolder(), "file");
  const handle = await nodeFileSystem.open(file, "wx");
  await halve("write");
  await handle.write(Buffer.from("0123456789"), 0);
  await handle.close();
  expect((await nodeFileSystem.readFile(file)).toString()).toBe("0123456789");
});

/** The flags of an open file, as Linux reports them. */
function flagsOf(file: string): number {
  for (const number of readdirSync("/proc/self/fd")) {
    try {
      if (readlinkSync(`/proc/self/fd/${number}`) !== file) continue;
    } catch {
      // The descriptor of this listing is closed.
      continue;
    }
    const info = readFileSync(`/proc/self/fdinfo/${number}`, "utf8");
    return Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? "", 8);
  }
  throw new Error(`${file} is not open`);
}

test("creates files whose writes are flushed, and others", async () => {
  const folder = await temporaryFolder();
  for (const [flags, flushed] of [
    ["wxs", constants.O_DSYNC],
    ["wx", 0],
  ] as const) {
    const file = path.join(folder, flags);
    const handle = await nodeFileSystem.open(file, flags);
    expect(flagsOf(file) & constants.O_DSYNC).toBe(flushed);
    await handle.write(Buffer.from("some"), 0);
    await handle.write(Buffer.from(" text"), 4);
    await handle.close();
    expect((await nodeFileSystem.readFile(file)).toString()).toBe("some text");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(nodeFileSystem.open(file, flags)).rejects.toMatchObject({
      code: "EEXIST",
    });
  }
});

test("reads on after the system read a part", async () => {
  const file = path.join(await temporaryFolder(), "file");
  const written = await nodeFileSystem.open(file, "wx");
  await written.write(Buffer.from("0123456789"), 0);
  await written.close();
  const handle = await nodeFileSystem.open(file, "r");
  await halve("read");
  expect((await handle.read(2, 6)).toString()).toBe("234567");
  expect((await handle.read(8, 6)).toString()).toBe("89");
  await handle.close();
});

test("flushes a folder by its own descriptor", async () => {
  const folder = await temporaryFolder();
  const flushed: number[] = [];
  const { fsync: real } = jest.requireActual<typeof callbacks>("node:fs");
  fsync.mockImplementation((number, callback) => {
    flushed.push(fstatSync(number).ino);
    real(number, callback);
  });
  await nodeFileSystem.refresh(folder);
  expect(flushed).toEqual([]);
  await nodeFileSystem.syncDirectory(folder);
  expect(flushed).toEqual([statSync(folder).ino]);
});
