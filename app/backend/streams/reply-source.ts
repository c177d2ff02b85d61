import type { ReplyRef } from "../../core/storage/layout/record-folders";
import type { ReplyService } from "../replies/reply-service";
import { joinTexts, toEvent } from "../replies/log/replay";
import type { Line } from "../replies/log/records";
import { logSource } from "./log-source";
import type { StreamSource } from "./stream-source";

/**
 * A reply as a stream of JSON messages. It is closed when the reply is complete or was stopped;
 * one that failed may go on, until the conversation does.
 */
export function replySource(
  replies: ReplyService,
  ref: ReplyRef,
): StreamSource {
  return logSource({
    contentType: "application/json",
    read: (from, options) => replies.read(ref, from, options),
    follow: (from, options) => replies.follow(ref, from, options),
    toData,
    join: joinTexts,
    beside: (reading) => {
      const notice = replies.unsavedNotice(ref, reading);
      return notice === undefined ? undefined : toData({ notice });
    },
    closes: (end) => end["outcome"] !== "failed" || end["next"] !== undefined,
  });
}

function toData(line: Line): Buffer | undefined {
  const event = toEvent(line);
  return event && Buffer.from(JSON.stringify(event));
}
