import type {
  ConversationRef,
  ReplyRef,
} from "../../../core/storage/layout/record-folders";
import { nextPromptIn } from "../log/records";
import { currentEnd } from "../log/reply-log";
import { toFinalReply } from "../log/replay";
import type { ReplyContext } from "../reply-context";
import type { QueueProgress } from "../types";

/** Adds a reply to the active index and creates its first epoch. Idempotent. */
export type Begin = (ref: ReplyRef) => Promise<void>;

/**
 * Sends the next prompt of a conversation's queue and begins its reply, if the reply before it is
 * done. Any process may call it at any time: each step is idempotent or has one winner. The
 * conversation keeps its marker in the active index until nothing is left to do.
 */
export async function continueQueue(
  context: ReplyContext,
  begin: Begin,
  of: ConversationRef,
): Promise<void> {
  const { repository, index } = context;
  for (let isMarked = true; ;) {
    const progress = await repository.sendQueued(of);
    const outcome = progress && (await advance(context, begin, progress));
    if (outcome === "moved on") continue;
    if (outcome === "waits") return isMarked ? undefined : index.addQueue(of);
    if (!isMarked) return;
    // A prompt or a Retry may have come just before: the loop looks once more.
    await index.removeQueue(of);
    isMarked = false;
  }
}

/**
 * Begins or publishes the last reply.
 *
 * @returns `waits` if its end continues the queue; `done` if the queue is empty, or waits for the
 *   visitor after a failure.
 */
async function advance(
  context: ReplyContext,
  begin: Begin,
  { reply, isWaiting }: QueueProgress,
): Promise<"moved on" | "waits" | "done"> {
  const { repository, index, logOf } = context;
  const snapshot = await logOf(reply).read();
  const end = snapshot && currentEnd(snapshot);
  if (!end) {
    if (snapshot) await index.add(reply);
    else await begin(reply);
    return isWaiting ? "waits" : "done";
  }
  const final = toFinalReply(end);
  if (final.outcome !== "failed") {
    await repository.publishMessage(reply, final);
    await index.remove(reply);
    return "moved on";
  }
  const next = nextPromptIn(end);
  const hasMovedOn = next && (await repository.moveOn(reply, final, next));
  return hasMovedOn ? "moved on" : "done";
}
