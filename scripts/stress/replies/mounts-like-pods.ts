import { open, readFile, rm } from "node:fs/promises";
import path from "node:path";

const LINES = 3;

/**
 * Makes sure that what is appended through one mount is seen through each other one, as it is
 * between two pods. Two mounts on one machine are one client to an NFS server: a Linux server lets
 * that keep what it read of a file (a delegation) and doesn't ask for it back when the same client
 * writes by its other mount. EFS never gives delegations.
 */
export async function mountsLikePods(mounts: string[]): Promise<void> {
  const [written, ...others] = mounts.map((mount) =>
    path.join(mount, `appended-${process.pid}`),
  );
  if (written === undefined || others.length === 0) return;
  const file = await open(written, "wx");
  try {
    for (let line = 1; line <= LINES; line++) {
      await file.write(`${line}\n`);
      await file.datasync();
      for (const other of others) {
        const seen = await readFile(other, "utf8");
        if (!seen.endsWith(`${line}\n`)) throw new Error(ONE_CLIENT);
      }
    }
  } finally {
    await file.close();
    await rm(written);
  }
}

const ONE_CLIENT =
  "What one mount appends the other doesn't see, so they are not what two pods have on EFS. On the NFS server, before mounting: sysctl fs.leases-enable=0";
