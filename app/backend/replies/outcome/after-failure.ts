import { sentence } from "../../../core/texts/catalogue";
import {
  ConversationMovedOnError,
  NotFoundError,
  VisibleError,
} from "../../../core/domain/errors";
import type { JsonObject } from "../../../core/storage/json";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import { nextPromptIn } from "../log/records";
import { currentEnd } from "../log/reply-log";
import type { ReplyContext } from "../reply-context";
import type { WriterPool } from "../writing/writer-pool";

/*
 * Decides what follows a failed reply: a retry or the next prompt. It is the next entry of the
 * reply's log, which is created once, so of all concurrent retries and prompts exactly one wins.
 *
 * A retry creates an epoch. A prompt creates another end, which holds the whole prompt. A process
 * that finds it there and not among the messages adds the message, so a crash in between loses
 * nothing, and nothing has to be taken back.
 */

/** See `ReplyService.retry`. */
export async function retryFailed(
  { index, logOf, repository }: ReplyContext,
  pool: WriterPool,
  ref: ReplyRef,
): Promise<void> {
  for (;;) {
    const snapshot = await logOf(ref).read();
    if (!snapshot) throw new NotFoundError("reply");
    const end = currentEnd(snapshot);
    if (!end) return;
    if (end.outcome !== "failed") throw notFailed();
    if (nextPromptIn(end)) {
      // This retry, or one on another process, added it before the prompt won.
      await index.remove(ref);
      throw new ConversationMovedOnError();
    }
    await pool.reserveSlot(ref.ownerHash);
    const addToIndex = async () => {
      await index.add(ref);
      if (await repository.hasQueue(ref)) await index.addQueue(ref);
    };
    await addToIndex();
    if (!(await pool.retry(ref, snapshot.latestEntry))) continue;
    // A process that saw the failure may have removed both before the new epoch was visible.
    return await addToIndex();
  }
}

/** See `ReplyService.continueWith`. */
export async function continueAfterFailed(
  { logOf }: ReplyContext,
  ref: ReplyRef,
  prompt: JsonObject,
): Promise<JsonObject | undefined> {
  const log = logOf(ref);
  for (;;) {
    const snapshot = await log.read();
    if (!snapshot) throw new NotFoundError("reply");
    const end = currentEnd(snapshot);
    if (end?.outcome !== "failed") return undefined;
    const decided = nextPromptIn(end);
    if (decided) return decided;
    const { currentEntry: entry, tail } = snapshot;
    const after = { entry, bytes: tail.bytes };
    if (await log.sealAt(after, { ...end, next: prompt })) return prompt;
  }
}

const notFailed = () => new VisibleError(409, sentence("problem.onlyFailed"));
