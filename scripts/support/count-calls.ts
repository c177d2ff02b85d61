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

/**
 * Wraps a file system and counts the calls to it. Closing a file is not counted.
 *
 * @param onCall Is told of each call: its name, and the file or folder.
 */
export function countCalls(
  fileSystem: FileSystem,
  onCall: (name: string, path: string) => void = () => {},
): {
  fileSystem: FileSystem;
  /** Returns the counts since the last call of this. */
  take(): Counts;
} {
  let counts = nothing();
  const count = (name: string, path: string) => {
    counts.calls[name] = (counts.calls[name] ?? 0) + 1;
    onCall(name, path);
  };
  /** Counts the last path of a call with two: the file that it creates. */
  const counted =
    <A extends string[], T>(name: string, call: (...args: A) => T) =>
    (...args: A): T => {
      count(name, args.at(-1) ?? "");
      return call(...args);
    };
  const countedFile = (file: OpenFile, path: string): OpenFile => ({
    write: (data, position) => {
      count("write", path);
      counts.written += data.length;
      return file.write(data, position);
    },
    read: async (position, length) => {
      count("read", path);
      const data = await file.read(position, length);
      counts.read += data.length;
      return data;
    },
    size: () => {
      count("status", path);
      return file.size();
    },
    sync: () => {
      count("flush", path);
      return file.sync();
    },
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
        count("read", file);
        const data = await fileSystem.readFile(file);
        counts.read += data.length;
        return data;
      },
      open: async (file, flags) => {
        count(flags === "r" ? "open" : "make", file);
        return countedFile(await fileSystem.open(file, flags), file);
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
