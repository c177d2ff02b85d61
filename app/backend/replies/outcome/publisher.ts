import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import { currentEnd } from "../log/reply-log";
import { toFinalReply } from "../log/replay";
import type { ReplyContext } from "../reply-context";
import type { FinalReply } from "../types";

/** Turns finished replies into messages, and removes them from the active index. Idempotent. */
export class ReplyPublisher {
  constructor(private readonly context: ReplyContext) {}

  /** Publishes a reply that another process may have ended. */
  async publishEnded(ref: ReplyRef): Promise<void> {
    const snapshot = await this.context.logOf(ref).read();
    if (snapshot?.currentHeader.kind === "end") {
      await this.publish(ref, toFinalReply(snapshot.currentHeader));
    }
  }

  /** Never rejects: after an error the reply stays in the index, and the supervisor tries again. */
  async publish(ref: ReplyRef, final: FinalReply): Promise<void> {
    const { repository, index, log } = this.context;
    try {
      const hasFailed = final.outcome === "failed";
      if (!hasFailed) await repository.publishMessage(ref, final);
      await index.remove(ref);
      if (hasFailed) await this.addIfRetried(ref);
    } catch (error) {
      log.error(
        { error, reply: ref },
        "failed to publish finished reply; will retry",
      );
    }
  }

  /** A Retry may have added the reply just before it was removed. */
  private async addIfRetried(ref: ReplyRef): Promise<void> {
    const { index, logOf } = this.context;
    const snapshot = await logOf(ref).read();
    if (snapshot && !currentEnd(snapshot)) await index.add(ref);
  }
}
