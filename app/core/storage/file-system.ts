import * as callbacks from "node:fs";
import { constants } from "node:fs";
import * as node from "node:fs/promises";
import { promisify } from "node:util";
import { errorCode } from "../runtime/errors";

/** An open file. Positions and lengths are bytes. */
export interface OpenFile {
  /** Writes all of `data` at `position`, and flushes it if the file was opened so. */
  write: (data: Buffer, position: number) => Promise<void>;
  /** Reads at most `length` bytes from `position`; fewer only at the end of the file. */
  read: (position: number, length: number) => Promise<Buffer>;
  size: () => Promise<number>;
  /** Flushes the data and the metadata that is needed to read it. */
  sync: () => Promise<void>;
  close: () => Promise<void>;
}

export interface FileStatus {
  /** Milliseconds since 1970, by the file server's clock. */
  mtimeMs: number;
  /** Bytes. */
  size: number;
  isDirectory: boolean;
}

export interface FolderEntry {
  name: string;
  isFolder: boolean;
}

export class FileTooLongError extends Error {
  override readonly name = "FileTooLongError";
}

/**
 * `wx` creates a file that must not exist, with mode 0600. In `wxs` too, and each write is flushed with the
 * metadata that is needed to read it: one call in place of two.
 */
export type OpenFlags = "r" | "wx" | "wxs";

/**
 * All access to stored state goes through this interface, so that tests can record, interrupt,
 * reorder and fail each call. Calls reject with the system's error; `errorCode` names it.
 */
export interface FileSystem {
  /** The names in a folder. On a network file system this also refreshes what is cached of it. */
  readdir: (folder: string) => Promise<string[]>;
  /** The entries of a folder of any size, read in batches. */
  entries: (folder: string) => AsyncIterable<FolderEntry>;
  /** @throws FileTooLongError if the file is longer than `maxBytes`; then nothing of it is read. */
  readFile: (file: string, maxBytes?: number) => Promise<Buffer>;
  open: (file: string, flags: OpenFlags) => Promise<OpenFile>;
  /** Gives a file a second name, which must not exist: exactly one of several callers succeeds. */
  link: (file: string, name: string) => Promise<void>;
  unlink: (file: string) => Promise<void>;
  /** Creates one folder, with mode 0700. */
  mkdir: (folder: string) => Promise<void>;
  rmdir: (folder: string) => Promise<void>;
  rename: (from: string, to: string) => Promise<void>;
  stat: (path: string) => Promise<FileStatus>;
  /** Flushes the names in the folder. */
  syncDirectory: (folder: string) => Promise<void>;
  /** Opens and closes the folder, which makes a network file system discard its cache of it. */
  refresh: (folder: string) => Promise<void>;
}

/*
 * Node's callback API takes a third less CPU time than its promise API, which matters for listings:
 * they are most of the cost of a read. Open files use Node's handles, which wait for pending calls
 * before they close and never touch a file that reused their descriptor.
 */
const readdir = promisify(callbacks.readdir);
const readFile = promisify(callbacks.readFile);
const link = promisify(callbacks.link);
const unlink = promisify(callbacks.unlink);
const rmdir = promisify(callbacks.rmdir);
const rename = promisify(callbacks.rename);
const mkdir = promisify(callbacks.mkdir);
const stat = promisify(callbacks.stat);
const openNumber = promisify(callbacks.open);
const sync = promisify(callbacks.fsync);

export const nodeFileSystem: FileSystem = {
  readdir: (folder) => readdir(folder),
  entries: (folder) => entries(folder),
  readFile: (file, maxBytes) =>
    maxBytes === undefined ? readFile(file) : readShortFile(file, maxBytes),
  open: async (file, flags) =>
    flags === "wxs"
      ? openFlushed(file)
      : openFile(await node.open(file, flags, 0o600)),
  link: (file, name) => link(file, name),
  unlink: (file) => unlink(file),
  mkdir: async (folder) => {
    await mkdir(folder, { mode: 0o700 });
  },
  rmdir: (folder) => rmdir(folder),
  rename: (from, to) => rename(from, to),
  stat: async (path) => {
    const status = await stat(path);
    const { mtimeMs, size } = status;
    return { mtimeMs, size, isDirectory: status.isDirectory() };
  },
  syncDirectory: (folder) => withFolder(folder, sync),
  refresh: (folder) => withFolder(folder, () => Promise.resolve()),
};

async function readShortFile(file: string, maxBytes: number): Promise<Buffer> {
  const handle = openFile(await node.open(file, "r"));
  try {
    const size = await handle.size();
    if (size <= maxBytes) return await handle.read(0, size);
    throw new FileTooLongError(`${file} has ${size} bytes`);
  } finally {
    await handle.close();
  }
}

async function* entries(folder: string): AsyncIterable<FolderEntry> {
  for await (const entry of await node.opendir(folder, { bufferSize: 256 })) {
    yield { name: entry.name, isFolder: entry.isDirectory() };
  }
}

async function withFolder(
  folder: string,
  use: (number: number) => Promise<void>,
): Promise<void> {
  const number = await openNumber(folder, "r");
  try {
    await use(number);
  } finally {
    // Without a thread, whose wake-up costs more: no file system does any work for this.
    callbacks.closeSync(number);
  }
}

const WRITE_FLUSHED =
  constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_DSYNC;

/** Elsewhere than on Linux, O_DSYNC promises less than a flush, or does not exist. */
const FLUSHES_WRITES = process.platform === "linux";

async function openFlushed(file: string): Promise<OpenFile> {
  if (FLUSHES_WRITES)
    return openFile(await node.open(file, WRITE_FLUSHED, 0o600));
  const opened = openFile(await node.open(file, "wx", 0o600));
  const write: OpenFile["write"] = async (data, position) => {
    await opened.write(data, position);
    await opened.sync();
  };
  return { ...opened, write };
}

function openFile(handle: node.FileHandle): OpenFile {
  return {
    write: (data, position) => writeAll(handle, data, position),
    read: (position, length) => readUpTo(handle, position, length),
    size: async () => (await handle.stat()).size,
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

async function writeAll(
  handle: node.FileHandle,
  data: Buffer,
  position: number,
): Promise<void> {
  for (let done = 0; done < data.length;) {
    const rest = data.length - done;
    const result = await handle.write(data, done, rest, position + done);
    done += result.bytesWritten;
  }
}

async function readUpTo(
  handle: node.FileHandle,
  position: number,
  length: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(
      buffer,
      done,
      length - done,
      position + done,
    );
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

const UNREADABLE = ["EACCES", "EPERM", "EISDIR", "ELOOP", "ENXIO"];

/** True if one file is unreadable; any other error concerns the file system, not the file. */
export function isUnreadable(error: unknown): boolean {
  return UNREADABLE.includes(errorCode(error) ?? "");
}
