import type { StorageContext } from "../../core/storage/storage-context";
import type { Replies } from "./reply-resolver";

/**
 * Serializes an owner's prompts in this process, so that each sees the previous reply counted.
 * The limit of replies is best-effort across processes.
 *
 * @returns Unlocks at the end of the caller's block, and frees the slot that the block may have reserved.
 */
export async function lockPrompts(
  { files, replies }: { files: StorageContext; replies: Replies },
  ownerHash: string,
): Promise<Disposable> {
  const locked = await files.mutex.lock(`${ownerHash}#reply`);
  return {
    [Symbol.dispose]: () => {
      replies.releaseSlot(ownerHash);
      locked[Symbol.dispose]();
    },
  };
}
