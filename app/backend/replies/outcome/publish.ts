import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import { currentEnd } from "../log/reply-log";
import { toFinalReply } from "../log/replay";
import type { ReplyContext } from "../reply-context";
import type { FinalReply } from "../types";

/**
 * Turns a finished reply into a message, and removes it from the active index. Idempotent. Never
 * rejects: after an error the reply stays in the index, and the supervisor tries again.
 */
export async function publish(
  context: ReplyContext,
  ref: ReplyRef,
  final: FinalReply,
): Promise<void> {
  const { repository, index, logger } = context;
  try {
    const hasFailed = final.outcome === "failed";
    if (!hasFailed) await repository.publishMessage(ref, final);
    await index.remove(ref);
    if (hasFailed) await addIfRetried(context, ref);
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
  ref: ReplyRef,
): Promise<void> {
  const snapshot = await context.logOf(ref).read();
  if (snapshot?.currentHeader.kind === "end") {
    await publish(context, ref, toFinalReply(snapshot.currentHeader));
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
