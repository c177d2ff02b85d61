import type { ReplyEnd, ReplyEvent } from "../../core/domain/records";
import { english, type Locale } from "../../core/texts/locale";
import { aborted, Delay, NOT_NEEDED } from "../../core/runtime/async";
import { type Interval, untilNext } from "../../core/runtime/update-interval";
import { GrowingMarkdown, htmlOf } from "../rendering/growing-markdown";
import type { Block } from "../rendering/markdown";
import type { Steps } from "../rendering/steps";
import type { TimeSlices } from "../rendering/time-slices";
import { BlocksEncoder } from "./blocks-encoder";
import type { LiveState } from "./live-state";
import { ReplyText } from "./reply-text";

/** Balances the delay of new text against the time that one reply takes from all others. */
const INTERVAL_PER_COST = 9;
const MAX_INTERVAL_MS = 1_000;

/** A cut text may change these blocks before its end; see {@link GrowingMarkdown}. */
export const UNCERTAIN_BLOCKS = 3;

export interface LiveReplyOptions {
  slices: TimeSlices;
  /** The shortest time between two states. */
  interval: Interval;
  /** Distinguishes the ids in the reply's text. */
  idPrefix?: string;
  /** Of the notices and labels; English by default. */
  locale?: Locale;
}

/** A reply in progress, followed and rendered once for all of its watchers. */
export class LiveReply {
  state: LiveState = {
    epoch: 0,
    text: "",
    reasoning: "",
    reasoningMs: undefined,
    reasoningCuts: 0,
    blocks: [],
    stable: 0,
    pending: [],
    tail: "",
    stickyNotice: undefined,
    transientNotice: undefined,
    hasReferences: false,
    version: 0,
    cuts: [],
  };
  /** Settles with the first event, or with the failure to get one. */
  readonly begun: Promise<void>;
  /** Resolves when no state follows the present one. */
  done: Promise<void> = Promise.resolve();
  isDone = false;
  /** The reason why the reply can't be followed any more. */
  error: unknown;
  readonly text: ReplyText;
  readonly locale: Locale;
  readonly encoder = new BlocksEncoder();
  readonly #slices: TimeSlices;
  readonly #interval: Interval;
  readonly #idPrefix: string | undefined;
  readonly #delay = new Delay();
  readonly #stopped = new AbortController();
  readonly #watchers = new Set<() => void>();
  #begunAt: number | undefined;
  #growing: GrowingMarkdown;
  #blocks: Block[] = [];
  readonly #cuts: number[] = [];
  #rendering: Promise<void> | undefined;
  #end: Promise<Buffer> | undefined;

  constructor(
    { slices, interval, idPrefix, locale = english }: LiveReplyOptions,
    follow: (signal: AbortSignal) => AsyncIterable<{ event: ReplyEvent }>,
  ) {
    this.#slices = slices;
    this.#interval = interval;
    this.#idPrefix = idPrefix;
    this.locale = locale;
    this.text = new ReplyText(locale);
    this.#growing = new GrowingMarkdown({ idPrefix, locale });
    const events = follow(this.#stopped.signal);
    const first = new Promise<void>((resolve) => {
      this.done = this.#follow(events, resolve);
    });
    this.begun = this.#begin(first);
    // It may fail before anything waits for it.
    this.begun.catch(() => undefined);
  }

  get ended(): ReplyEnd | undefined {
    return this.text.ended;
  }

  /**
   * Calls a function for the present state and each later one.
   *
   * @returns When no other state follows, or the signal aborts.
   */
  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    this.#watchers.add(onChange);
    onChange();
    await Promise.race([this.done, aborted(signal)]);
    this.#watchers.delete(onChange);
  }

  stop(): void {
    this.#stopped.abort(NOT_NEEDED);
    this.#delay.end();
  }

  /** The finished article's event: made for the first watcher that asks. */
  endFrame(make: () => Promise<Buffer>): Promise<Buffer> {
    this.#end ??= make();
    return this.#end;
  }

  async #begin(first: Promise<void>): Promise<void> {
    await Promise.race([first, this.done]);
    if (this.text.isEmpty && this.error) throw this.error;
  }

  async #follow(
    events: AsyncIterable<{ event: ReplyEvent }>,
    onFirst: () => void,
  ): Promise<void> {
    try {
      for await (const { event } of events) {
        this.text.apply(event);
        onFirst();
        if (this.text.ended) this.#delay.end();
        this.#rendering ??= this.#render()
          .catch(this.#fail)
          .finally(() => {
            this.#rendering = undefined;
          });
      }
    } catch (error) {
      this.#fail(error);
    }
    while (this.#rendering) await this.#rendering;
    this.isDone = true;
    this.#notify();
  }

  #notify(): void {
    for (const onChange of this.#watchers) onChange();
  }

  readonly #fail = (error: unknown): void => {
    this.error ??= error;
    this.stop();
  };

  /** Renders what has arrived, until nothing has. */
  async #render(): Promise<void> {
    const { signal } = this.#stopped;
    while (this.text.hasNews && !signal.aborted) {
      const cost = await this.#slices.run(this.#renderNews());
      if (this.text.ended) continue;
      this.#begunAt ??= performance.now();
      const usual = untilNext(this.#interval, this.#begunAt);
      const ms = Math.max(usual, cost * INTERVAL_PER_COST);
      await this.#delay.wait(Math.min(ms, MAX_INTERVAL_MS));
    }
  }

  /** @returns The milliseconds that it took, without those before its first slice. */
  *#renderNews(): Steps<number> {
    const begin = performance.now();
    const { common, added, ...news } = this.text.take();
    const { text, version } = this.state;
    const isCut = common < text.length;
    const piece = isCut ? news.text.slice(this.#cutTo(common)) : added;
    const isLast = this.text.ended !== undefined;
    for (const block of yield* this.#growing.append(piece, isLast)) {
      this.#blocks.push(block);
    }
    const isOther =
      isLast && htmlOf(this.state.pending) !== htmlOf(this.#growing.pending);
    this.state = {
      ...news,
      blocks: this.#blocks,
      stable: this.#blocks.length,
      pending: this.#growing.pending,
      tail: this.#growing.tail,
      hasReferences: this.state.hasReferences || this.#growing.hasReferences,
      version: isCut || isOther || piece !== "" ? version + 1 : version,
      cuts: this.#cuts,
    };
    this.#notify();
    return performance.now() - begin;
  }

  /**
   * Drops the blocks that a cut at this length can change.
   *
   * @returns the length of the text that stays rendered.
   */
  #cutTo(length: number): number {
    let stable = blocksBefore(this.#blocks, length) - UNCERTAIN_BLOCKS;
    while (stable > 0 && this.#blocks[stable]?.continues) stable--;
    stable = Math.max(0, stable);
    const start = stable === 0 ? 0 : (this.#blocks[stable]?.start ?? 0);
    this.#blocks = this.#blocks.slice(0, stable);
    this.#cuts.push(stable);
    this.#growing = new GrowingMarkdown({
      start,
      idPrefix: this.#idPrefix,
      locale: this.locale,
    });
    return start;
  }
}

/** The number of blocks that begin before a position. */
export function blocksBefore(
  blocks: readonly Block[],
  position: number,
  count = blocks.length,
): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((blocks[middle]?.start ?? Infinity) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
