import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import type { Logger } from "../../../core/runtime/log";
import { finalEnd } from "./failure-resolution";
import type { ReplyLog } from "../log/reply-log";
import { toFinalReply } from "../log/replay";
import type { ActiveReplyIndex } from "../../../core/storage/layout/active-reply-index";
import type { FinalReply, ReplyRepository } from "../types";

export interface SettlementParts {
  records: ReplyRepository;
  inProgress: ActiveReplyIndex;
  logOf(this: void, ref: ReplyRef): ReplyLog;
  log: Logger;
}

/** What becomes of a reply that has ended: a message, once. Doing it twice is doing it once. */
export class ReplyPublisher {
  constructor(private readonly parts: SettlementParts) {}

  /** For a reply that was found to have ended. */
  async publish(ref: ReplyRef): Promise<void> {
    const reading = await this.parts.logOf(ref).read();
    if (reading?.currentHeader.kind === "end") {
      await this.publishFinal(ref, toFinalReply(reading.currentHeader));
    }
  }

  /** Never rejects: what could not be done is done by whoever looks at the reply next. */
  async publishFinal(ref: ReplyRef, ended: FinalReply): Promise<void> {
    const { records, inProgress, log } = this.parts;
    try {
      if (ended.outcome !== "failed") await records.publishMessage(ref, ended);
      await inProgress.remove(ref);
      if (ended.outcome === "failed") await this.listIfRetried(ref);
    } catch (error) {
      log.error(
        { error, reply: ref },
        "a reply that has ended is no message yet; this is tried again",
      );
    }
  }

  /** A Retry may have put it on the list just before it was taken off. */
  private async listIfRetried(ref: ReplyRef): Promise<void> {
    const { logOf, inProgress } = this.parts;
    const reading = await logOf(ref).read();
    if (reading && !finalEnd(reading)) await inProgress.add(ref);
  }
}
