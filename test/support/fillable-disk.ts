import {
  type FileSystem,
  nodeFileSystem,
} from "../../app/core/storage/file-system";

/** What a full disk refuses. */
type Refused = "write" | "link";

/** A disk that is full while `isFull` says so: files can be made on it, and not filled or named. */
export function fillableDisk(refused: Refused[] = ["write", "link"]): {
  isFull: boolean;
  fileSystem: FileSystem;
} {
  const refuse = (call: Refused) => {
    if (!disk.isFull || !refused.includes(call)) return;
    throw Object.assign(new Error("disk full"), { code: "ENOSPC" });
  };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    open: async (file, flags) => {
      const open = await nodeFileSystem.open(file, flags);
      return {
        ...open,
        write: async (data, position) => {
          refuse("write");
          await open.write(data, position);
        },
      };
    },
    link: async (file, name) => {
      refuse("link");
      await nodeFileSystem.link(file, name);
    },
  };
  const disk = { isFull: false, fileSystem };
  return disk;
}
