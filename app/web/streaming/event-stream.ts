import type { ReplyEnd, ReplyEvent } from "../../core/domain/records";
import { encodeEvent } from "./encode-event";
import type { LiveBody } from "./live-body";
import { Pace } from "./pace";
import { ReplyView, type Seen, type Update } from "./reply-view";

/** A connection that was lost is made again after so long, give or take a half of it. */
const LOST_RETRY_MS = 400;
/** After a drain readers come back at random within so long, so as not to come all at once. */
const RECONNECT_WITHIN_MS = 1_000;
/** How long to leave a backend alone that could not be reached. */
const TROUBLE_RETRY_MS = 3_000;
/** From here on it is worth telling the browser what it has already. */
const WORTH_SHARING = 200;

export interface EventStreamInput {
  follow: AsyncIterable<{ event: ReplyEvent }>;
  /** What the reader saw before their connection was lost. */
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
  live: LiveBody,
  { follow, seen, renderEnd }: EventStreamInput,
): Promise<void> {
  live.write(`retry: ${Math.round(LOST_RETRY_MS * (0.5 + Math.random()))}\n\n`);
  const view = new ReplyView({ seen });
  const encode = blocksEncoder();
  const pace = new Pace(live, () => {
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
    if (view.hasNews) pace.wake();
  }
  await pace.settle();
  if (live.signal.aborted || !view.ended) return;
  const html = await renderEnd(view.ended);
  const { outcome } = view.ended;
  live.write(encodeEvent({ event: "end", data: { html, outcome } }));
  live.end("done");
}

/** Tells the reader to connect again: this process is about to end. */
export function sendReconnect(live: LiveBody): void {
  const retryMs = Math.random() * RECONNECT_WITHIN_MS;
  live.write(encodeEvent({ event: "reconnect", data: {}, retryMs }));
}

/** Tells the reader that the reply can't be followed just now; they connect again later. */
export function sendTrouble(live: LiveBody, message: string): void {
  const retryMs = TROUBLE_RETRY_MS * (0.5 + Math.random());
  live.write(encodeEvent({ event: "trouble", data: { message }, retryMs }));
}

/** Leaves out what the last event had already: a long block costs its growth, not its length. */
function blocksEncoder(): (update: Update) => object {
  let last = { from: -1, html: "" };
  return ({ from, html: blocks, notice }) => {
    const html = blocks.join("");
    const same = from === last.from ? commonLength(last.html, html) : 0;
    last = { from, html };
    return same < WORTH_SHARING
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
