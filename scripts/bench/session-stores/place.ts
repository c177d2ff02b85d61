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

/** What kind of file system a directory is on. */
export async function kindOf(directory: string): Promise<string> {
  const { type } = await statfs(directory);
  return KINDS.get(type) ?? `a file system of type 0x${type.toString(16)}`;
}

/** How many remote calls were made for all network file systems here, as the system counts them. */
export function nfsCalls(): number {
  // Other systems than Linux have no such file, and no such count.
  const stats = process.platform === "linux" ? read() : "";
  const rows = [...stats.matchAll(/^\s+([A-Z_]+): (\d+) /gm)];
  return rows.reduce((sum, row) => sum + Number(row[2]), 0);
}

const read = () => readFileSync("/proc/self/mountstats", "utf8");
