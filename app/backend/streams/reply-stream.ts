import type { ReplyRef } from "../../core/storage/layout/record-folders";
import { isFinalEnd, type Line } from "../replies/log/records";
import { joinTexts, toEvent } from "../replies/log/replay";
import type { ReplyReader } from "../replies/reading/reply-reader";
import type { ReplyService } from "../replies/reply-service";
import { createLogReader, type StreamedLog } from "./log-stream";
import type { Stream } from "./stream";

/**
 * A reply as a stream of JSON events. A complete or stopped reply closes it; a failed one does when
 * the conversation has continued.
 */
export function createReplyStream(
  replies: ReplyService,
  ref: ReplyRef,
): Stream {
  const logOf = (reader: ReplyReader): StreamedLog => ({
    read: (from) => reader.read(ref, from),
    follow: (from, signal) => reader.follow(ref, from, signal),
    toData,
    closes: isFinalEnd,
  });
  return {
    contentType: "application/json",
    committed: createLogReader(logOf(replies.committed)),
    live: createLogReader({
      ...logOf(replies.live),
      join: joinTexts,
      ephemeral: (snapshot) => {
        const notice = replies.saveNoticeOf(ref, snapshot);
        return notice === undefined ? undefined : toData({ notice });
      },
    }),
  };
}

function toData(line: Line): Buffer | undefined {
  const event = toEvent(line);
  return event && Buffer.from(JSON.stringify(event));
}
