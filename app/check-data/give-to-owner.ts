import { lchown, lstat, readdir } from "node:fs/promises";
import path from "node:path";

/**
 * Gives what root has made in a folder to the folder's owner. Keepsake runs as that user, and could not
 * read it otherwise.
 */
export async function giveToOwner(folder: string): Promise<void> {
  const { uid, gid } = await lstat(folder);
  await giveTo(uid, gid, folder);
}

async function giveTo(uid: number, gid: number, folder: string) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if ((await lstat(file)).uid === 0) await lchown(file, uid, gid);
    if (entry.isDirectory()) await giveTo(uid, gid, file);
  }
}
