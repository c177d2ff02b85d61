import * as node from "node:fs/promises";

/** An open file. Positions and lengths are bytes. */
export interface OpenFile {
  /** Writes all of `data` at `position`. */
  write: (data: Buffer, position: number) => Promise<void>;
  /** Reads at most `length` bytes from `position`; fewer only at the end of the file. */
  read: (position: number, length: number) => Promise<Buffer>;
  size: () => Promise<number>;
  /** Resolves when what was written, and what is needed to find it, is on disk. */
  sync: () => Promise<void>;
  close: () => Promise<void>;
}

export interface FileStatus {
  /** Milliseconds since 1970, by the clock of whoever serves the file system. */
  mtimeMs: number;
  /** Bytes. */
  size: number;
  isDirectory: boolean;
}

export interface FolderEntry {
  name: string;
  isFolder: boolean;
}

/**
 * Every call on state goes through here, so that tests can record, cut, reorder and fail each one.
 * All reject with the system's error; `errorCode` names it.
 */
export interface FileSystem {
  /** The names in a folder. On a network file system this also makes what follows fresh. */
  readdir: (folder: string) => Promise<string[]>;
  /** What is in a folder of any size, a few at a time. */
  entries: (folder: string) => AsyncIterable<FolderEntry>;
  readFile: (file: string) => Promise<Buffer>;
  /** `wx` makes a file that must not exist, with mode 0600. */
  open: (file: string, flags: "r" | "wx") => Promise<OpenFile>;
  /** Gives a file a second name, which must not exist: exactly one of many callers wins. */
  link: (file: string, name: string) => Promise<void>;
  unlink: (file: string) => Promise<void>;
  /** Makes one folder, with mode 0700. */
  mkdir: (folder: string) => Promise<void>;
  rmdir: (folder: string) => Promise<void>;
  rename: (from: string, to: string) => Promise<void>;
  stat: (path: string) => Promise<FileStatus>;
  /** Resolves when the names in the folder are on disk as they are now. */
  syncDirectory: (folder: string) => Promise<void>;
  /** Opens the folder and closes it: a network file system then forgets what it cached of it. */
  refresh: (folder: string) => Promise<void>;
}

/** The file system itself. */
export const nodeFileSystem: FileSystem = {
  readdir: (folder) => node.readdir(folder),
  entries: (folder) => entries(folder),
  readFile: (file) => node.readFile(file),
  open: async (file, flags) => openFile(await node.open(file, flags, 0o600)),
  link: (file, name) => node.link(file, name),
  unlink: (file) => node.unlink(file),
  mkdir: async (folder) => {
    await node.mkdir(folder, { mode: 0o700 });
  },
  rmdir: (folder) => node.rmdir(folder),
  rename: (from, to) => node.rename(from, to),
  stat: async (path) => {
    const status = await node.stat(path);
    const { mtimeMs, size } = status;
    return { mtimeMs, size, isDirectory: status.isDirectory() };
  },
  syncDirectory: (folder) => withFolder(folder, (handle) => handle.sync()),
  refresh: (folder) => withFolder(folder, () => Promise.resolve()),
};

async function* entries(folder: string): AsyncIterable<FolderEntry> {
  for await (const entry of await node.opendir(folder, { bufferSize: 256 })) {
    yield { name: entry.name, isFolder: entry.isDirectory() };
  }
}

async function withFolder(
  folder: string,
  use: (handle: node.FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await node.open(folder, "r");
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
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
