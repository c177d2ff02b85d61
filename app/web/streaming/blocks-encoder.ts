import { encodeEvent } from "./encode-event";
import { blockAt, noticeOf, type LiveState } from "./live-state";

/** A larger update is sent in parts. Balances the time for one part against their number. */
const MAX_LENGTH = 256 * 1024;
/** Shorter common prefixes are sent again. */
const MIN_COMMON_LENGTH = 200;

/** An update as it was sent, to any number of watchers. */
export interface SentBlocks {
  frame: Buffer;
  /** The first of its blocks, and the one after the last. */
  from: number;
  end: number;
  html: string;
  /** True if no block follows in its state. */
  isComplete: boolean;
}

/** Encodes the blocks of a reply once for all watchers that need the same ones. */
export class BlocksEncoder {
  #state: LiveState | undefined;
  readonly #sent = new Map<number, Map<SentBlocks | undefined, SentBlocks>>();

  /** @param last What the watcher got last: a prefix of it is not sent again. */
  encode(
    state: LiveState,
    from: number,
    last: SentBlocks | undefined,
  ): SentBlocks {
    if (state !== this.#state) this.#sent.clear();
    this.#state = state;
    const base = last?.from === from ? last : undefined;
    const known = this.#sent.get(from) ?? new Map();
    this.#sent.set(from, known);
    const sent = known.get(base) ?? encode(state, from, base?.html ?? "");
    known.set(base, sent);
    return sent;
  }
}

/** Leaves out the prefix that the last event had: a long block costs its growth, not its length. */
function encode(state: LiveState, from: number, last: string): SentBlocks {
  const { end, html } = htmlFrom(state, from);
  const isComplete = end >= state.stable + state.pending.length;
  const same = commonLength(last, html);
  const isShort = same < MIN_COMMON_LENGTH;
  const data = {
    from,
    same: isShort ? undefined : same,
    html: isShort ? html : html.slice(same),
    notice: noticeOf(state),
  };
  const { epoch, text } = state;
  const id = isComplete ? `${epoch}.${text.length}` : undefined;
  const frame = Buffer.from(encodeEvent({ event: "blocks", id, data }));
  return { frame, from, end, html, isComplete };
}

function htmlFrom(state: LiveState, from: number) {
  let html = "";
  let end = from;
  for (let block = blockAt(state, end); block; block = blockAt(state, end)) {
    if (end > from && html.length + block.html.length > MAX_LENGTH) break;
    html += block.html;
    end++;
  }
  return { html, end };
}

/** The length of the common prefix, found by halves: comparing strings is far faster than their units. */
function commonLength(a: string, b: string): number {
  let low = 0;
  let high = Math.min(a.length, b.length);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (b.startsWith(a.slice(low, middle), low)) low = middle;
    else high = middle - 1;
  }
  return low;
}
