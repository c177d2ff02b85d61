import type { ReplyEnd, ReplyEvent } from "../../core/domain/records";
import { encodeEvent } from "./encode-event";
import type { StreamBody } from "./stream-body";
import { CoalescingSender } from "./coalescing-sender";
import { ReplyView, type Seen, type Update } from "./reply-view";

/** The mean delay before a client reconnects after a loss; the jitter is half of it. */
const LOST_RETRY_MS = 400;
/** Clients of a draining server reconnect at random within this time, not all at once. */
const RECONNECT_WITHIN_MS = 1_000;
/** The delay before a client retries after the backend was unreachable. */
const TROUBLE_RETRY_MS = 3_000;
/** Shorter common prefixes are sent again. */
const MIN_COMMON_LENGTH = 200;

export interface EventStreamOptions {
  follow: AsyncIterable<{ event: ReplyEvent }>;
  /** The position of a client that reconnects. */
  seen: Seen | undefined;
  /** The finished article's HTML. */
  renderEnd: (ended: ReplyEnd) => Promise<string>;
}

/**
 * Sends a reply as server-sent events, until it or the stream has ended.
 *
 * `blocks`: `{from, same?, html, notice?}`: replace all blocks from the one at index `from` on by
 * `html`, which begins with the first `same` units of what the last event with the same `from`
 * had. `notice`: `{notice?}`: the text stays as it is. `end`: `{html, outcome}`: the finished
 * article. `reconnect`: connect again.
 */
export async function sendEvents(
  live: StreamBody,
  { follow, seen, renderEnd }: EventStreamOptions,
): Promise<void> {
  live.write(`retry: ${Math.round(LOST_RETRY_MS * (0.5 + Math.random()))}\n\n`);
  const view = new ReplyView({ seen });
  const encode = blocksEncoder();
  const pace = new CoalescingSender(live, () => {
    if (!view.hasNews) return;
    const news = view.take();
    live.write(
      "from" in news
        ? encodeEvent({ event: "blocks", id: view.id, data: encode(news) })
        : encodeEvent({ event: "notice", data: news }),
    );
  });
  for await (const { event } of follow) {
    view.apply(event);
    if (view.hasNews) pace.schedule();
  }
  await pace.flush();
  if (live.signal.aborted || !view.ended) return;
  const html = await renderEnd(view.ended);
  const { outcome } = view.ended;
  live.write(encodeEvent({ event: "end", data: { html, outcome } }));
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

/** Leaves out the prefix that the last event contained: a long block costs its growth, not its length. */
function blocksEncoder(): (update: Update) => object {
  let last = { from: -1, html: "" };
  return ({ from, html: blocks, notice }) => {
    const html = blocks.join("");
    const same = from === last.from ? commonLength(last.html, html) : 0;
    last = { from, html };
    return same < MIN_COMMON_LENGTH
      ? { from, html, notice }
      : { from, same, html: html.slice(same), notice };
  };
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) {
    length++;
  }
  return length;
}
