import { open, readFile, rm } from "node:fs/promises";
import path from "node:path";

const LINES = 3;

/**
 * Checks that data appended through one mount is visible through the others, as between two pods. An
 * NFS server treats two mounts on one machine as one client. A Linux server grants it a delegation to
 * cache a file, and does not recall it when the client writes through its other mount. EFS grants none.
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
  "Data appended through one mount is not visible through another, so the mounts behave unlike pods on EFS. Run sysctl fs.leases-enable=0 on the NFS server before mounting.";
