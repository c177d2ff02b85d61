import { lchown, lstat, opendir } from "node:fs/promises";
import path from "node:path";

/**
 * Gives what root has made in a folder to the folder's owner. Keepsake runs as that user, and could not
 * read it otherwise.
 */
export async function giveToOwner(folder: string): Promise<void> {
  const { uid, gid } = await lstat(folder);
  for await (const entry of await opendir(folder, { recursive: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if ((await lstat(file)).uid === 0) await lchown(file, uid, gid);
  }
}
