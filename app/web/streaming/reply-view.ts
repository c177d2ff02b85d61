import type { ReplyEnd, ReplyEvent } from "../../core/domain/records";
import { GrowingMarkdown } from "../rendering/growing-markdown";

/** Up to where a watcher has seen a reply: what an event's id says. */
export interface Seen {
  epoch: number;
  /** UTF-16 units of the text at that moment. */
  length: number;
}

/** Blocks that replace all from the one at index `from` on. */
export interface Update extends Notice {
  from: number;
  html: string[];
}

/** What the watcher should know beside the text; no `notice`: nothing (any more). */
export interface Notice {
  notice?: string;
}

const CONTINUED = "The server was replaced. Another one continued the reply.";
const RESTARTED =
  "The server was replaced. Another one started the reply again.";
const THINKING = "The model is thinking.";

/**
 * A reply as one watcher sees it. Events go in as they come; what the watcher lacks is taken out
 * when they can take it, so that a slow one gets the newest state and not every step to it.
 */
export class ReplyView {
  text = "";
  epoch = 0;
  ended?: ReplyEnd;
  #growing = new GrowingMarkdown();
  /** How the reply came to be as it is: stays. */
  story: string | undefined;
  /** What keeps it from going on: until it does. */
  hindrance: string | undefined;
  /** The first block that the watcher lacks, or may have in an older state. */
  #from = 0;
  #settledSince: string[] = [];
  #hasBlocks = false;
  #hasShown = false;
  #toldNotice: string | undefined;
  /** The end of the text, of which no HTML was made yet. */
  #unrendered = "";
  readonly #seen: Seen | undefined;

  /**
   * @param known A text that the watcher has already, of an epoch that need not be known.
   * @param seen What they saw before their connection was lost: it is skipped.
   */
  constructor({ known, seen }: { known?: string; seen?: Seen } = {}) {
    this.#seen = seen;
    if (known === undefined) return;
    this.epoch = 1;
    this.#append(known);
    this.#passOver();
  }

  /** What the watcher has after the last {@link take}. */
  get id(): string {
    return `${this.epoch}.${this.text.length}`;
  }

  /** What the watcher should know beside the text. */
  get notice(): string | undefined {
    return this.hindrance ?? this.story;
  }

  get hasNews(): boolean {
    return this.#hasBlocks || this.notice !== this.#toldNotice;
  }

  apply(event: ReplyEvent): void {
    if (event.kind === "epoch") this.#beginEpoch(event.epoch, event.keep);
    else if (event.kind === "text") this.#append(event.text);
    else if (event.kind === "end") this.#end(event);
    const hindrance = hindranceIn(event);
    // Of its thoughts nothing is shown until it has answered: one is like another.
    if (event.kind === "reasoning" && hindrance === this.hindrance) return;
    this.hindrance = hindrance;
    if (this.#isSeen) this.#passOver();
    this.#hasBlocks = !this.#isSeen && !this.#isBefore;
    this.#hasShown ||= this.#hasBlocks;
  }

  /**
   * What the watcher lacks; it counts as known to them from now on. Only a notice, while all of the
   * text is text that they have: blocks of what is a beginning of it would take the rest away.
   */
  take(): Update | Notice {
    const { notice } = this;
    this.#toldNotice = notice;
    if (!this.#hasBlocks) return { notice };
    this.#render();
    const html = [...this.#settledSince, ...this.#growing.unsettled];
    const update = { from: this.#from, html, notice };
    this.#passOver();
    this.#hasBlocks = false;
    return update;
  }

  /** Whether the text is what the watcher saw, or a beginning of it. */
  get #isSeen(): boolean {
    const seen = this.#seen;
    return this.epoch === seen?.epoch && this.text.length <= seen.length;
  }

  /** Whether what the watcher may have, from this connection or before it, is still to come. */
  get #isBefore(): boolean {
    if (this.ended) return false;
    const isFirst = this.text === "" && !this.#hasShown;
    return isFirst || this.epoch < (this.#seen?.epoch ?? 0);
  }

  #passOver(): void {
    this.#render();
    this.#from = this.#growing.settled;
    this.#settledSince = [];
  }

  #beginEpoch(epoch: number, keep: number): void {
    if (this.ended) {
      // It had failed, and was asked for again.
      this.ended = undefined;
      this.story = undefined;
    } else if (epoch > 1 && this.epoch > 0) {
      this.story = keep > 0 || this.text === "" ? CONTINUED : RESTARTED;
    }
    this.epoch = epoch;
    if (keep < this.text.length) this.#cutTo(keep);
  }

  /** Not rendered before anyone takes it: much may come together. */
  #append(piece: string): void {
    const seen = this.#seenOf(piece);
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
    this.#settledSince.push(...this.#growing.append(this.#unrendered));
    this.#unrendered = "";
  }

  /** How much of a piece the watcher has seen already, if not all. */
  #seenOf(piece: string): number {
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
    const settled = this.#growing.append(this.text);
    // What is settled in the beginning of a text is settled in all of it: the watcher has it.
    this.#from = Math.min(this.#from, settled.length);
    this.#settledSince = settled.slice(this.#from);
  }
}

/** Reads an event's id. `undefined` for anything that is none: the watcher then gets it all. */
export function parseSeen(id: string | undefined): Seen | undefined {
  const match = /^(\d{1,9})\.(\d{1,9})$/.exec(id ?? "");
  return match
    ? { epoch: Number(match[1]), length: Number(match[2]) }
    : undefined;
}

function hindranceIn(event: ReplyEvent): string | undefined {
  if (event.kind === "reasoning") return THINKING;
  return event.kind === "notice" ? event.notice : undefined;
}
