import type { ReplyRef } from "../../core/storage/layout/record-folders";
import type { Logger } from "../../core/runtime/log";
import { endOf } from "./after-failure";
import type { EpochLog } from "./epoch-log";
import { toEnded } from "./events";
import type { InProgress } from "../../core/storage/layout/active-reply-index";
import type { EndedReply, ReplyRecords } from "./replies";

export interface SettlementParts {
  records: ReplyRecords;
  inProgress: InProgress;
  logOf(this: void, ref: ReplyRef): EpochLog;
  log: Logger;
}

/** What becomes of a reply that has ended: a message, once. Doing it twice is doing it once. */
export class Settlement {
  constructor(private readonly parts: SettlementParts) {}

  /** For a reply that was found to have ended. */
  async settle(ref: ReplyRef): Promise<void> {
    const reading = await this.parts.logOf(ref).read();
    if (reading?.newest.kind === "end") {
      await this.settleEnded(ref, toEnded(reading.newest));
    }
  }

  /** Never rejects: what could not be done is done by whoever looks at the reply next. */
  async settleEnded(ref: ReplyRef, ended: EndedReply): Promise<void> {
    const { records, inProgress, log } = this.parts;
    try {
      if (ended.outcome !== "failed") await records.becomeMessage(ref, ended);
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
    if (reading && !endOf(reading)) await inProgress.add(ref);
  }
}
