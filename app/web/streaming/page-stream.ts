import type { ReplyEnd } from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import { htmlOf } from "../rendering/growing-markdown";
import { escape } from "../rendering/escape";
import { CoalescingSender } from "./coalescing-sender";
import type { LiveReply } from "./live-reply";
import { isThinking, noticeOf, type LiveState } from "./live-state";
import { thoughtFor } from "../pages/time";
import type { StreamBody } from "./stream-body";

/** Sends the text in the message box along, which a reload would lose. */
export const composerButton = (name: string, action: string): string =>
  `<button class="button" form="composer" formaction="${action}" formnovalidate>${escape(name)}</button>`;

/** Continues a page whose connection ends before its reply does. @param address the page's. */
export const continueButton = (locale: Locale, address: string): string =>
  composerButton(locale.t("reply.continueReading"), address);

/**
 * Keeps a page's connection open. The style sheet shows the last one after 2.5 heartbeats without
 * another: a page without a script has no other means to report a lost server.
 */
export const pageHeartbeat = (locale: Locale, address: string): string =>
  `<small class="pulse notice">${escape(locale.t("reply.silent"))} ${continueButton(locale, address)}</small>`;

export interface PageStreamOptions {
  /** See {@link pageHeartbeat}. */
  pulse: string;
  /** The text before the first event. */
  text: string;
  reply: LiveReply;
  /** The HTML after the finished text: its outcome and actions. */
  renderEnd: (ended: ReplyEnd) => string;
}

/**
 * Writes a reply into the page of a browser without a script.
 *
 * Finished blocks are sent as HTML, the unfinished end as plain text in a span. When a block is
 * finished it follows the span, and the style sheet hides every span but the last. The same happens
 * to the whole attempt if the reply is started again.
 *
 * @throws The error that ended the reply's events.
 */
export async function writeReplyIntoPage(
  live: StreamBody,
  { pulse, text, reply, renderEnd }: PageStreamOptions,
): Promise<void> {
  const attempt = new PageAttempt(text, pulse, reply.locale);
  live.write(attempt.begin());
  const pace = new CoalescingSender(live, () => {
    live.write(attempt.show(reply.state, reply.isDone));
  });
  await reply.watch(() => {
    const { state, isDone } = reply;
    const hasText = state.text !== "" || state.reasoning !== "";
    if (hasText || isDone || noticeOf(state)) pace.schedule();
  }, live.signal);
  await pace.flush();
  if (live.signal.aborted) return;
  if (reply.error) throw reply.error;
  if (!reply.ended) return;
  live.write(`${attempt.finish(reply.state)}${renderEnd(reply.ended)}`);
}

/** The HTML of a text that grows in the page. A text that changes otherwise starts a new attempt. */
class PageAttempt {
  /** The text that the page has. */
  #sent: string;
  /** The stable blocks that the attempt has. */
  #stable = 0;
  #cuts = 0;
  #stickyNotice: string | undefined;
  #transientNotice: string | undefined;
  /** The reasoning that the page has, and the place where it grows until the answer begins. */
  #thought = { length: 0, cuts: 0, isOpen: false };
  readonly #pulse: string;

  /** @param pulse The heartbeat at the start of each place where text is added. */
  constructor(
    text: string,
    pulse: string,
    private readonly locale: Locale,
  ) {
    this.#sent = text;
    this.#pulse = pulse;
  }

  /** The text that the page has already, before its blocks are known. */
  begin(): string {
    return `<div class="attempt">${this.#openTail(this.#sent)}`;
  }

  /** The HTML that updates the page to a state. */
  show(state: LiveState, isDone: boolean): string {
    const { text, stickyNotice, transientNotice } = state;
    if (!isDone && this.#isReplay(state)) return "";
    const before = this.#transientNotice;
    const hasGrownFrom = before !== undefined && transientNotice === undefined;
    this.#transientNotice = transientNotice;
    const isTold = stickyNotice !== this.#stickyNotice;
    this.#stickyNotice = stickyNotice;
    const reasoning = this.#think(state, isDone);
    if (isThinking(state) && !isDone) return reasoning;
    if (reasoning !== "") {
      const told = isTold ? notice(stickyNotice) : "";
      return `${reasoning}${told}${this.#beginAgain(state)}`;
    }
    if (isTold || hasGrownFrom || !text.startsWith(this.#sent)) {
      const told = isTold ? notice(stickyNotice) : "";
      return `</span></div>${told}${this.#beginAgain(state)}`;
    }
    const grown = this.#grow(state);
    // Within the attempt, so that it disappears with it when the reply continues.
    return transientNotice && transientNotice !== before
      ? `${grown}</span>${notice(transientNotice)}<span>${this.#pulse}`
      : grown;
  }

  /** Reasoning grows in an attempt of its own, which folds into the line above the answer's. */
  #think(state: LiveState, isDone: boolean): string {
    const { reasoning, reasoningMs, reasoningCuts: cuts } = state;
    const { length, isOpen, cuts: sentCuts } = this.#thought;
    const isSame = cuts === sentCuts;
    if (reasoning === "") return "";
    if (isThinking(state) && !isDone) {
      const from = isSame && isOpen ? length : 0;
      this.#thought = { length: reasoning.length, cuts, isOpen: true };
      if (from > 0) return escape(reasoning.slice(from));
      return `</span></div><div class="attempt thinking"><p>${this.locale.t("thought.now")}</p>${this.#openTail(reasoning)}`;
    }
    if (isSame && !isOpen && length === reasoning.length) return "";
    this.#thought = { length: reasoning.length, cuts, isOpen: false };
    return `</span></div><details class="reasoning"><summary>${thoughtFor(this.locale, reasoningMs)}</summary><div class="thoughts plain">${escape(reasoning)}</div></details>`;
  }

  /** True while a replay catches up with the text of the page. */
  #isReplay({ text, cuts }: LiveState): boolean {
    const isShorter = text.length < this.#sent.length;
    const isCut = cuts.length > this.#cuts;
    return isShorter && !isCut && this.#sent.startsWith(text);
  }

  finish({ pending }: LiveState): string {
    return `</span>${htmlOf(pending)}</div>`;
  }

  #beginAgain(state: LiveState): string {
    this.#stable = 0;
    this.#sent = state.text;
    return `<div class="attempt">${this.#takeStable(state)}${this.#openTail(state.tail)}`;
  }

  #grow(state: LiveState): string {
    const piece = state.text.slice(this.#sent.length);
    this.#sent = state.text;
    return state.stable === this.#stable
      ? escape(piece)
      : `</span>${this.#takeStable(state)}${this.#openTail(state.tail)}`;
  }

  #takeStable({ blocks, stable, cuts }: LiveState): string {
    const html = htmlOf(blocks.slice(this.#stable, stable));
    this.#stable = stable;
    this.#cuts = cuts.length;
    return html;
  }

  #openTail(tail: string): string {
    return `<span class="tail">${this.#pulse}${escape(tail)}`;
  }
}

function notice(sentence: string | undefined): string {
  return sentence ? `<p class="notice">${escape(sentence)}</p>` : "";
}
