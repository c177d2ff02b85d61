import type { ReplyEnd } from "../../core/domain/records";
import { encodeEvent } from "./encode-event";
import type { StreamBody } from "./stream-body";
import { CoalescingSender } from "./coalescing-sender";
import type { LiveReply } from "./live-reply";
import type { Seen } from "./reply-text";
import { Watcher } from "./watcher";

/** The mean delay before a client reconnects after a loss; the jitter is half of it. */
const LOST_RETRY_MS = 400;
/** Clients of a draining server reconnect at random within this time, not all at once. */
const RECONNECT_WITHIN_MS = 1_000;
/** The delay before a client retries after the backend was unreachable. */
const TROUBLE_RETRY_MS = 3_000;

export interface EventStreamOptions {
  reply: LiveReply;
  /** The position of a client that reconnects. */
  seen: Seen | undefined;
  /** Called before the last event. */
  onEnd: () => void;
  /** The finished article's HTML. */
  renderEnd: (ended: ReplyEnd) => Promise<string>;
}

/**
 * Sends a reply as server-sent events, until it or the stream has ended.
 *
 * `blocks`: `{from, same?, html, notice?}`: replace all blocks from the one at index `from` on by
 * `html`, which begins with the first `same` units of what the last event with the same `from`
 * had. `notice`: `{notice?}`: the text stays as it is. `reasoning`: `{from, text, label, isOver}`: keep
 * the first `from` units of the reasoning, and append `text`. `end`: `{html, outcome, isContinued?}`: the
 * finished article; if the conversation goes on, or may, load the page again. `reconnect`: connect again.
 *
 * @throws The error that ended the reply's events.
 */
export async function sendEvents(
  live: StreamBody,
  { reply, seen, onEnd, renderEnd }: EventStreamOptions,
): Promise<void> {
  live.write(`retry: ${Math.round(LOST_RETRY_MS * (0.5 + Math.random()))}\n\n`);
  const watcher = new Watcher(reply, seen);
  const pace = new CoalescingSender(live, () => {
    if (watcher.hasNews) live.write(watcher.next());
    if (watcher.hasNews) pace.schedule();
  });
  await reply.watch(() => {
    if (watcher.hasNews) pace.schedule();
  }, live.signal);
  await pace.flush();
  if (live.signal.aborted) return;
  if (reply.error) throw reply.error;
  const { ended } = reply;
  if (!ended) return;
  onEnd();
  const frame = await reply.endFrame(async () => {
    const html = await renderEnd(ended);
    const { outcome, isContinued = true } = ended;
    const data = { html, outcome, ...(isContinued && { isContinued }) };
    return Buffer.from(encodeEvent({ event: "end", data }));
  });
  live.write(frame);
  live.end("done");
}

/** Tells the client to reconnect: this process is shutting down. */
export function sendReconnect(live: StreamBody): void {
  const retryMs = Math.random() * RECONNECT_WITHIN_MS;
  live.write(encodeEvent({ event: "reconnect", data: {}, retryMs }));
}

/** Tells the client that the reply can't be followed now; the client reconnects later. */
export function sendTrouble(live: StreamBody, message: string): void {
  const retryMs = TROUBLE_RETRY_MS * (0.5 + Math.random());
  live.write(encodeEvent({ event: "trouble", data: { message }, retryMs }));
}
