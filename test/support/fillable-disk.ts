import {
  type FileSystem,
  nodeFileSystem,
} from "../../app/core/storage/file-system";

/** Calls that a full disk refuses. */
type Refused = "write" | "link";

/**
 * A disk that is full while `isFull`: files can be created, but not written or linked. Cannot notice
 * code that minds a partial write, or an error at the flush or close only: see `faulty-file-system.ts`.
 */
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
