import { NotFoundError, VisibleError } from "../../../core/domain/errors";
import {
  isObject,
  type Json,
  type JsonObject,
} from "../../../core/storage/json";
import type { ReplyLog, LogSnapshot } from "../log/reply-log";
import type { ActiveReplyIndex } from "../../../core/storage/layout/active-reply-index";
import type { EndHeader } from "../log/records";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import type { WriterPool } from "../writing/writer-pool";

export interface AfterFailureParts {
  inProgress: ActiveReplyIndex;
  writers: Pick<WriterPool, "claim">;
  logOf(this: void, ref: ReplyRef): ReplyLog;
  /** See `Replies.admit`. */
  admit(this: void, ownerHash: string): Promise<void>;
}

/**
 * What comes after a reply that failed: another try, or the conversation's next prompt. It is
 * whatever is made as the next entry of the reply's log, and an entry is made once. So of any
 * number of tries and prompts, on any processes, one wins, and the others find out before they
 * have begun anything.
 *
 * A try makes an epoch. A prompt makes one more end, which holds the whole prompt: it is settled
 * from then on, and whoever finds it there and not among the messages puts it there. So a process
 * may die in between, and nothing has to be taken back.
 */
export class FailureResolution {
  constructor(private readonly parts: AfterFailureParts) {}

  /** See `Replies.retry`. */
  async retry(ref: ReplyRef): Promise<void> {
    const { inProgress, writers, logOf, admit } = this.parts;
    for (;;) {
      const reading = await logOf(ref).read();
      if (!reading) throw new NotFoundError("reply");
      const end = finalEnd(reading);
      if (!end) return;
      if (end.outcome !== "failed") throw notFailed();
      if (nextPromptIn(end)) {
        // Where another came between: this try, or one on another process, has listed it.
        await inProgress.remove(ref);
        throw conversationMovedOn();
      }
      await admit(ref.ownerHash);
      await inProgress.add(ref);
      if (!(await writers.claim(ref, "retry", reading.latestEntry))) continue;
      // Who found the failure a moment ago may have struck it off just before this try could be seen.
      return await inProgress.add(ref);
    }
  }

  /** See `Replies.goOn`. */
  async goOn(ref: ReplyRef, next: JsonObject): Promise<JsonObject | undefined> {
    const log = this.parts.logOf(ref);
    for (;;) {
      const reading = await log.read();
      if (!reading) throw new NotFoundError("reply");
      const end = finalEnd(reading);
      if (end?.outcome !== "failed") return undefined;
      const settled = nextPromptIn(end);
      if (settled) return settled;
      const { currentEpoch: entry, tail } = reading;
      const after = { entry, bytes: tail.bytes };
      if (await log.endAfter(after, { ...end, next })) return next;
    }
  }
}

/**
 * The end of a reply; `undefined` while it is being written. It is, too, from the moment that
 * somebody made an entry after a failure, who may not have come to saying anything in it.
 */
export function finalEnd({
  currentHeader: newest,
  isFinal: settled,
}: LogSnapshot): EndHeader | undefined {
  return newest.kind === "end" && settled ? newest : undefined;
}

/** The prompt with which the conversation went on after a failure. */
export function nextPromptIn(end: EndHeader): JsonObject | undefined {
  const next = end["next"] as Json | undefined;
  return isObject(next) ? next : undefined;
}

const notFailed = () =>
  new VisibleError(
    409,
    "Only a reply that failed can be tried again, and this one has not.",
  );

/** For those who come too late to ask again what was asked last. */
export const conversationMovedOn = () =>
  new VisibleError(
    409,
    "The conversation has gone on since: only its last message can be asked again. Load the page anew to see it.",
  );
