import { Pacer } from "../../core/runtime/pacer";
import { estimateTokens } from "./estimate-tokens";

/** Characters that are counted in one go, in some 8 ms at most. */
const SLICE = 32 * 1024;
/** Shorter texts are counted at once: a pause would take longer. */
const SHORT = 2 * 1024;

/** Estimates tokens without delaying others: a text of a megabyte takes up to 240 ms. */
export class TokenCounter {
  private readonly pacer = new Pacer();
  private readonly counts = new WeakMap<object, Promise<number>>();

  /** The tokens of a message, counted once: it never changes. */
  countMessage(message: { readonly text: string }): Promise<number> {
    const known = this.counts.get(message);
    if (known) return known;
    const counted = this.count(message.text);
    this.counts.set(message, counted);
    return counted;
  }

  async count(text: string): Promise<number> {
    if (text.length <= SHORT) return estimateTokens(text);
    let tokens = 0;
    for (let from = 0; from < text.length; from += SLICE) {
      const slice = text.slice(from, from + SLICE);
      tokens += await this.pacer.run(() => estimateTokens(slice));
    }
    return tokens;
  }
}
