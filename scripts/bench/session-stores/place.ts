import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";

/** As the system numbers them. */
const KINDS = new Map([
  [0xef53, "ext4"],
  [0x58465342, "xfs"],
  [0x9123683e, "btrfs"],
  [0x01021994, "tmpfs: a disk in memory"],
  [0x794c7630, "overlay"],
  [0x6969, "NFS"],
]);

/** The kind of a directory's file system. */
export async function kindOf(directory: string): Promise<string> {
  const { type } = await statfs(directory);
  return KINDS.get(type) ?? `a file system of type 0x${type.toString(16)}`;
}

/** Number of remote calls of all NFS mounts, as the kernel counts them. */
export function nfsCalls(): number {
  // Only Linux has this count.
  const stats = process.platform === "linux" ? read() : "";
  const rows = [...stats.matchAll(/^\s+([A-Z_]+): (\d+) /gm)];
  return rows.reduce((sum, row) => sum + Number(row[2]), 0);
}

const read = () => readFileSync("/proc/self/mountstats", "utf8");
