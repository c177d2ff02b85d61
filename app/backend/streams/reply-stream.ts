import type { ReplyRef } from "../../core/storage/layout/record-folders";
import type { Line } from "../replies/log/records";
import { joinTexts, toEvent } from "../replies/log/replay";
import type { ReplyService } from "../replies/reply-service";
import { createLogReader } from "./log-stream";
import type { Stream } from "./stream";

/**
 * A reply as a stream of JSON events. A complete or stopped reply closes it; a failed one does when
 * the conversation has continued.
 */
export function createReplyStream(
  replies: ReplyService,
  ref: ReplyRef,
): Stream {
  const toEndData = async (line: Line) =>
    toData(line, { isContinued: await replies.isContinued(ref) });
  return {
    contentType: "application/json",
    // Always the same bytes at an offset: nothing that is not in the log.
    committed: createLogReader({ source: replies.committed(ref), toData }),
    live: createLogReader({
      source: replies.live(ref),
      toData,
      toEndData,
      join: joinTexts,
      ephemeral: (snapshot) => {
        const notice = replies.saveNoticeOf(ref, snapshot);
        return notice === undefined ? undefined : toData({ notice });
      },
    }),
  };
}

function toData(
  line: Line,
  more?: { isContinued: boolean },
): Buffer | undefined {
  const event = toEvent(line);
  return event && Buffer.from(JSON.stringify({ ...event, ...more }));
}
