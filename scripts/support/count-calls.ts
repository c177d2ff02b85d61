import type { FileSystem, OpenFile } from "../../app/core/storage/file-system";

/** Calls to a file system, and their volume. */
export interface Counts {
  /** By the call's name. */
  calls: Record<string, number>;
  /** Bytes. */
  written: number;
  read: number;
}

/** Calls that change files or flush them. */
export const WRITING = [
  "make",
  "write",
  "flush",
  "link",
  "unlink",
  "mkdir",
  "rmdir",
  "rename",
  "flush folder",
];

/** Wraps a file system and counts the calls to it. */
export function countCalls(fileSystem: FileSystem): {
  fileSystem: FileSystem;
  /** Returns the counts since the last call of this. */
  take(): Counts;
} {
  let counts = nothing();
  const count = (name: string) => {
    counts.calls[name] = (counts.calls[name] ?? 0) + 1;
  };
  const counted =
    <A extends unknown[], T>(name: string, call: (...args: A) => T) =>
    (...args: A): T => {
      count(name);
      return call(...args);
    };
  const countedFile = (file: OpenFile): OpenFile => ({
    write: (data, position) => {
      count("write");
      counts.written += data.length;
      return file.write(data, position);
    },
    read: async (position, length) => {
      count("read");
      const data = await file.read(position, length);
      counts.read += data.length;
      return data;
    },
    size: counted("status", () => file.size()),
    sync: counted("flush", () => file.sync()),
    close: () => file.close(),
  });
  return {
    take: () => {
      const taken = counts;
      counts = nothing();
      return taken;
    },
    fileSystem: {
      readdir: counted("list", fileSystem.readdir),
      entries: counted("list", fileSystem.entries),
      readFile: async (file) => {
        count("read");
        const data = await fileSystem.readFile(file);
        counts.read += data.length;
        return data;
      },
      open: async (file, flags) => {
        count(flags === "wx" ? "make" : "open");
        return countedFile(await fileSystem.open(file, flags));
      },
      link: counted("link", fileSystem.link),
      unlink: counted("unlink", fileSystem.unlink),
      mkdir: counted("mkdir", fileSystem.mkdir),
      rmdir: counted("rmdir", fileSystem.rmdir),
      rename: counted("rename", fileSystem.rename),
      stat: counted("status", fileSystem.stat),
      syncDirectory: counted("flush folder", fileSystem.syncDirectory),
      refresh: counted("refresh", fileSystem.refresh),
    },
  };
}

const nothing = (): Counts => ({ calls: {}, written: 0, read: 0 });
