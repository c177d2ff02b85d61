import type { SentBlocks } from "./blocks-encoder";
import { encodeEvent } from "./encode-event";
import { blocksBefore, UNCERTAIN_BLOCKS, type LiveReply } from "./live-reply";
import { thoughtFor } from "../pages/time";
import { isThinking, noticeOf, type LiveState } from "./live-state";
import type { Seen } from "./reply-text";

/**
 * One watcher's position in a reply. It gets the newest state when it accepts data, so that a slow one
 * gets no step in between.
 */
export class Watcher {
  readonly #reply: LiveReply;
  /** The position of a watcher that reconnects, until it is found among the blocks. */
  #seen: Seen | undefined;
  /** The first block that the watcher lacks or has in an older state. */
  #from = 0;
  #cuts = 0;
  #version = 0;
  #notice: string | undefined;
  #last: SentBlocks | undefined;
  /** The reasoning that the watcher has. */
  #thought = { length: 0, cuts: 0, isOver: false };

  constructor(reply: LiveReply, seen: Seen | undefined) {
    this.#reply = reply;
    this.#seen = seen;
  }

  get hasNews(): boolean {
    if (this.#needsThought) return true;
    return this.#needsBlocks || noticeOf(this.#reply.state) !== this.#notice;
  }

  /** The event that brings the watcher nearer to the reply's state. */
  next(): Buffer | string {
    if (this.#needsThought) return this.#nextThought();
    const { state, encoder } = this.#reply;
    const notice = noticeOf(state);
    this.#notice = notice;
    if (!this.#needsBlocks) {
      return encodeEvent({ event: "notice", data: { notice } });
    }
    this.#place(state);
    const sent = encoder.encode(state, this.#from, this.#last);
    this.#last = sent;
    this.#from = sent.isComplete ? state.stable : sent.end;
    if (sent.isComplete) this.#version = state.version;
    return sent.frame;
  }

  get #needsThought(): boolean {
    const { state, isDone } = this.#reply;
    const { length, cuts, isOver } = this.#thought;
    // The finished article has all of it.
    if (isDone || (state.reasoning === "" && length === 0)) return false;
    const isGrown = state.reasoning.length !== length;
    return (
      isGrown || state.reasoningCuts !== cuts || isThinking(state) === isOver
    );
  }

  /** What was added to the reasoning. */
  #nextThought(): string {
    const { state } = this.#reply;
    const { reasoning, reasoningMs, reasoningCuts: cuts } = state;
    const from = cuts === this.#thought.cuts ? this.#thought.length : 0;
    const isOver = !isThinking(state);
    this.#thought = { length: reasoning.length, cuts, isOver };
    const { locale } = this.#reply;
    const label = isOver
      ? thoughtFor(locale, reasoningMs)
      : locale.t("thought.now");
    const data = { from, text: reasoning.slice(from), label, isOver };
    return encodeEvent({ event: "reasoning", data });
  }

  get #needsBlocks(): boolean {
    const { state, isDone } = this.#reply;
    if (state.version === this.#version || this.#isSeen) return false;
    // An empty text would truncate the page of a watcher that connects before the first event.
    return this.#last !== undefined || state.text !== "" || isDone;
  }

  /** True while the watcher has all of the text, or more: as long as a replay catches up. */
  get #isSeen(): boolean {
    const { state, text, isDone } = this.#reply;
    const seen = this.#seen;
    if (!seen) return false;
    if (state.epoch < seen.epoch) return !isDone;
    return (
      state.epoch === seen.epoch && text.lengthOf(seen) >= state.text.length
    );
  }

  #place(state: LiveState): void {
    if (this.#seen) {
      const length = this.#reply.text.lengthOf(this.#seen);
      const before = blocksBefore(state.blocks, length, state.stable);
      this.#from = Math.max(0, before - UNCERTAIN_BLOCKS);
      this.#seen = undefined;
    } else {
      this.#from = Math.min(this.#from, ...state.cuts.slice(this.#cuts));
    }
    this.#cuts = state.cuts.length;
  }
}
