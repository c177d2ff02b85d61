import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import type { LogRecord } from "../log/records";
import { currentEnd } from "../log/reply-log";
import { toFinalReply } from "../log/replay";
import type { ReplyContext } from "../reply-context";
import type { FinalReply } from "../types";
import { type Begin, continueQueue } from "./continue-queue";

/**
 * Turns a finished reply into a message, removes it from the active index, and begins the reply to
 * the next queued prompt. Idempotent. Never rejects: after an error the reply or the queue stays in
 * the index, and the supervisor tries again.
 *
 * @param end The end entry, if the caller has just created it.
 */
export async function publish(
  context: ReplyContext,
  begin: Begin,
  ref: ReplyRef,
  final: FinalReply,
  end?: LogRecord,
): Promise<void> {
  const { repository, index, logger } = context;
  try {
    const hasFailed = final.outcome === "failed";
    if (!hasFailed) await repository.publishMessage(ref, final, end);
    const hasQueue = !hasFailed && (await repository.hasQueue(ref));
    // A process that dies below leaves the queue to the others, also if its marker was lost.
    if (hasQueue) await index.addQueue(ref);
    await index.remove(ref);
    if (hasFailed) await addIfRetried(context, ref);
    else if (hasQueue) await continueQueue(context, begin, ref);
  } catch (error) {
    logger.error(
      { error, reply: ref },
      "failed to publish finished reply; will retry",
    );
  }
}

/** Publishes a reply that another process may have ended. */
export async function publishEnded(
  context: ReplyContext,
  begin: Begin,
  ref: ReplyRef,
): Promise<void> {
  const snapshot = await context.logOf(ref).read();
  if (snapshot?.currentHeader.kind === "end") {
    await publish(context, begin, ref, toFinalReply(snapshot.currentHeader));
  }
}

/** A Retry may have added the reply just before it was removed. */
async function addIfRetried(
  { index, logOf }: ReplyContext,
  ref: ReplyRef,
): Promise<void> {
  const snapshot = await logOf(ref).read();
  if (snapshot && !currentEnd(snapshot)) await index.add(ref);
}
