import path from "node:path";
import { listFresh } from "./exclusive-file";
import type { Cached, StorageContext } from "./storage-context";

/**
 * Like {@link listFresh}, for a folder that few of its siblings have. The parent's listing tells that it
 * is missing, in one call instead of three.
 */
export async function listRare(
  { cache, fileSystem }: Pick<StorageContext, "cache" | "fileSystem">,
  folder: string,
): Promise<string[] | undefined> {
  const key = `${folder}#seen`;
  if (!cache.has(key)) {
    const siblings = await listFresh(fileSystem, path.dirname(folder));
    if (!siblings?.includes(path.basename(folder))) return undefined;
    cache.set(key, SEEN);
  }
  return listFresh(fileSystem, folder);
}

/** Marks a folder that exists, or did. */
const SEEN: Cached = { weight: 200 };
