import type { StorageContext } from "../../core/storage/storage-context";
import type { Replies } from "./reply-resolver";

/**
 * Serializes an owner's prompts in this process, so that each sees the previous reply counted.
 * The limit of replies is best-effort across processes.
 *
 * @param work May reserve a slot, which is freed at its end.
 */
export async function serializePrompts<T>(
  { files, replies }: { files: StorageContext; replies: Replies },
  ownerHash: string,
  work: () => Promise<T>,
): Promise<T> {
  using _ = await files.mutex.lock(`${ownerHash}#reply`);
  try {
    return await work();
  } finally {
    replies.releaseSlot(ownerHash);
  }
}
