import type { ReplyEnd, ReplyEvent } from "../../core/domain/records";
import { GrowingMarkdown } from "../rendering/growing-markdown";

/** A watcher's position in a reply, as in an event's id. */
export interface Seen {
  epoch: number;
  /** UTF-16 units of text that the watcher has. */
  length: number;
}

/** Replaces all blocks from index `from` on. */
export interface Update extends Notice {
  from: number;
  html: string[];
}

/** A notice beside the text. Without `notice`, the last one is removed. */
export interface Notice {
  notice?: string;
}

const CONTINUED = "The server was replaced. Another one continued the reply.";
const RESTARTED =
  "The server was replaced. Another one started the reply again.";
const THINKING = "The model is thinking.";

/**
 * A reply as one watcher sees it. Events are applied as they arrive. Updates are taken when the watcher
 * accepts data, so that a slow watcher gets the newest state instead of every step.
 */
export class ReplyView {
  text = "";
  epoch = 0;
  ended?: ReplyEnd;
  #growing = new GrowingMarkdown();
  /** Reports a takeover. Stays until the reply ends. */
  stickyNotice: string | undefined;
  /** Reports why the reply waits. Removed when text arrives. */
  transientNotice: string | undefined;
  /** The first block that the watcher lacks or has in an older state. */
  #from = 0;
  #stableBlocks: string[] = [];
  #hasBlocks = false;
  #hasShown = false;
  #sentNotice: string | undefined;
  /** The end of the text, not rendered yet. */
  #unrendered = "";
  #seen: Seen | undefined;

  /**
   * @param known A text that the watcher has, of any epoch.
   * @param seen The position of a watcher that reconnects: text before it is skipped.
   */
  constructor({ known, seen }: { known?: string; seen?: Seen } = {}) {
    this.#seen = seen;
    if (known === undefined) return;
    this.epoch = 1;
    this.#append(known);
    this.#passOver();
  }

  /** The watcher's position after the last {@link take}. */
  get id(): string {
    return `${this.epoch}.${this.text.length}`;
  }

  get notice(): string | undefined {
    return this.transientNotice ?? this.stickyNotice;
  }

  get hasNews(): boolean {
    return this.#hasBlocks || this.notice !== this.#sentNotice;
  }

  apply(event: ReplyEvent): void {
    if (event.kind === "epoch") this.#beginEpoch(event.epoch, event.keep);
    else if (event.kind === "text") this.#append(event.text);
    else if (event.kind === "end") this.#end(event);
    const waiting = transientNoticeIn(event);
    // Reasoning is not rendered while streaming: one notice covers all of it.
    if (event.kind === "reasoning" && waiting === this.transientNotice) return;
    this.transientNotice = waiting;
    if (this.#isSeen) this.#passOver();
    this.#hasBlocks = !this.#isSeen && !this.#isReplay;
    this.#hasShown ||= this.#hasBlocks;
  }

  /**
   * Returns the pending update and marks it sent. Returns only the notice while the replayed text is a
   * prefix of what the watcher has: blocks would truncate its view.
   */
  take(): Update | Notice {
    const { notice } = this;
    this.#sentNotice = notice;
    if (!this.#hasBlocks) return { notice };
    this.#render();
    const html = [...this.#stableBlocks, ...this.#growing.pending];
    const update = { from: this.#from, html, notice };
    this.#passOver();
    this.#hasBlocks = false;
    return update;
  }

  /** True if the watcher has all of the text. */
  get #isSeen(): boolean {
    const seen = this.#seen;
    return this.epoch === seen?.epoch && this.text.length <= seen.length;
  }

  /** True while events are replayed that the watcher may have seen. */
  get #isReplay(): boolean {
    if (this.ended) return false;
    const isFirst = this.text === "" && !this.#hasShown;
    return isFirst || this.epoch < (this.#seen?.epoch ?? 0);
  }

  #passOver(): void {
    this.#render();
    this.#from = this.#growing.stable;
    this.#stableBlocks = [];
  }

  #beginEpoch(epoch: number, keep: number): void {
    if (epoch === this.epoch) {
      // The writer restarts its own text: offsets into the old text mean nothing now.
      this.#seen = undefined;
    } else if (this.ended) {
      // The failed reply is retried.
      this.ended = undefined;
      this.stickyNotice = undefined;
    } else if (epoch > 1 && this.epoch > 0) {
      this.stickyNotice = keep > 0 || this.text === "" ? CONTINUED : RESTARTED;
    }
    this.epoch = epoch;
    if (keep < this.text.length) this.#cutTo(keep);
  }

  /** Rendered only when an update is taken: many pieces may arrive together. */
  #append(piece: string): void {
    const seen = this.#seenLength(piece);
    if (seen > 0) {
      this.#grow(piece.slice(0, seen));
      this.#passOver();
    }
    this.#grow(piece.slice(seen));
  }

  #grow(piece: string): void {
    this.text += piece;
    this.#unrendered += piece;
  }

  #render(): void {
    if (this.#unrendered === "") return;
    this.#stableBlocks.push(...this.#growing.append(this.#unrendered));
    this.#unrendered = "";
  }

  /** The length of the part of a piece that the watcher has, unless it has all. */
  #seenLength(piece: string): number {
    if (this.#seen?.epoch !== this.epoch) return 0;
    const length = this.#seen.length - this.text.length;
    return length > 0 && length < piece.length ? length : 0;
  }

  #end(event: ReplyEnd): void {
    this.ended = event;
    if (event.text.startsWith(this.text)) {
      if (event.text !== this.text) {
        this.#append(event.text.slice(this.text.length));
      }
    } else {
      this.#cutTo(0);
      this.#append(event.text);
    }
  }

  #cutTo(length: number): void {
    this.text = this.text.slice(0, length);
    this.#growing = new GrowingMarkdown();
    this.#unrendered = "";
    const stable = this.#growing.append(this.text);
    // Blocks that are stable in a prefix are stable in the whole text: the watcher has them.
    this.#from = Math.min(this.#from, stable.length);
    this.#stableBlocks = stable.slice(this.#from);
  }
}

/** Parses an event's id. An invalid one yields `undefined`: the watcher then gets all of the text. */
export function parseSeen(id: string | undefined): Seen | undefined {
  const match = /^(\d{1,9})\.(\d{1,9})$/.exec(id ?? "");
  return match
    ? { epoch: Number(match[1]), length: Number(match[2]) }
    : undefined;
}

function transientNoticeIn(event: ReplyEvent): string | undefined {
  if (event.kind === "reasoning") return THINKING;
  return event.kind === "notice" ? event.notice : undefined;
}
