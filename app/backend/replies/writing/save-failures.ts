import { LRUCache } from "lru-cache";
import { replyName } from "../../../core/storage/layout/active-reply-index";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import { storageProblemOf } from "../../../core/storage/storage-problem";

/** The notice that watchers get while a reply cannot be saved. */
export function saveFailureNotice(error: unknown): string {
  const reason =
    storageProblemOf(error)?.reason ?? "the server's storage reports an error";
  return `The reply can't be saved: ${reason}. It continues when the storage works again; the server's operator has to see to it.`;
}

/** More than one process writes at once. */
const MAX_REPLIES = 10_000;

/**
 * Notices of the replies that this process could not continue. In memory only: why a reply cannot
 * be saved cannot itself be saved.
 */
export class SaveFailures {
  private readonly failures = new LRUCache<
    string,
    { nextEpoch: number; notice: string }
  >({ max: MAX_REPLIES });

  /** @param nextEpoch The epoch that shows that writing has resumed. */
  add(ref: ReplyRef, nextEpoch: number, notice: string): void {
    this.failures.set(replyName(ref), { nextEpoch, notice });
  }

  noticeOf(ref: ReplyRef, currentEpoch: number): string | undefined {
    const failure = this.failures.get(replyName(ref));
    return failure && currentEpoch < failure.nextEpoch
      ? failure.notice
      : undefined;
  }
}
