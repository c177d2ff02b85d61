import type { ReplyEnd, ReplyEvent } from "../../core/domain/records";
import { GrowingMarkdown } from "../rendering/growing-markdown";
import { escape } from "../rendering/markdown";
import type { StreamBody } from "./stream-body";
import { CoalescingSender } from "./coalescing-sender";
import { ReplyView } from "./reply-view";

/** Sends the text in the message box along, which a reload would lose. */
export const composerButton = (name: string, action: string): string =>
  `<button class="button" form="composer" formaction="${action}" formnovalidate>${name}</button>`;

/** Continues a page whose connection ends before its reply does. */
export const continueButton = (conversation: string): string =>
  composerButton("Continue reading", `/conversations/${conversation}`);

/**
 * Keeps a page's connection open. The style sheet shows the last one after 2.5 heartbeats without
 * another: a page without a script has no other means to report a lost server.
 */
export const pageHeartbeat = (conversation: string): string =>
  `<small class="pulse notice">No data for a while: the connection may be lost. ${continueButton(conversation)}</small>`;

export interface PageStreamOptions {
  /** See {@link pageHeartbeat}. */
  pulse: string;
  /** The text before the first event. */
  text: string;
  follow: AsyncIterable<{ event: ReplyEvent }>;
  /** The HTML after the finished text: its outcome and actions. */
  renderEnd: (ended: ReplyEnd) => string;
}

/**
 * Writes a reply into the page of a browser without a script.
 *
 * Finished blocks are sent as HTML, the unfinished end as plain text in a span. When a block is
 * finished it follows the span, and the style sheet hides every span but the last. The same happens
 * to the whole attempt if the reply is started again.
 */
export async function writeReplyIntoPage(
  live: StreamBody,
  { pulse, text, follow, renderEnd }: PageStreamOptions,
): Promise<void> {
  const attempt = new PageAttempt(text, pulse);
  live.write(attempt.begin());
  const view = new ReplyView({ known: text });
  const pace = new CoalescingSender(live, () => live.write(attempt.show(view)));
  for await (const { event } of follow) {
    view.apply(event);
    pace.schedule();
  }
  await pace.flush();
  if (live.signal.aborted || !view.ended) return;
  live.write(`${attempt.finish()}${renderEnd(view.ended)}`);
}

/** The HTML of a text that grows in the page. A text that changes otherwise starts a new attempt. */
class PageAttempt {
  #growing = new GrowingMarkdown();
  #sent: string;
  #stickyNotice: string | undefined;
  #transientNotice: string | undefined;
  readonly #pulse: string;

  /** @param pulse The heartbeat at the start of each place where text is added. */
  constructor(text: string, pulse: string) {
    this.#sent = text;
    this.#pulse = pulse;
  }

  begin(): string {
    this.#growing = new GrowingMarkdown();
    const settled = this.#growing.append(this.#sent);
    return `<div class="attempt">${settled.join("")}${this.#openTail()}`;
  }

  /** The HTML that updates the page to the state of the view. */
  show({ text, stickyNotice, transientNotice }: ReplyView): string {
    const before = this.#transientNotice;
    const hasGrownFrom = before !== undefined && transientNotice === undefined;
    this.#transientNotice = transientNotice;
    if (stickyNotice !== this.#stickyNotice) {
      this.#stickyNotice = stickyNotice;
      this.#sent = text;
      return `</span></div>${notice(stickyNotice)}${this.begin()}`;
    }
    if (hasGrownFrom || !text.startsWith(this.#sent)) {
      this.#sent = text;
      return `</span></div>${this.begin()}`;
    }
    const grown = this.#grow(text.slice(this.#sent.length));
    this.#sent = text;
    // Within the attempt, so that it disappears with it when the reply continues.
    return transientNotice && transientNotice !== before
      ? `${grown}</span>${notice(transientNotice)}<span>${this.#pulse}`
      : grown;
  }

  finish(): string {
    return `</span>${this.#growing.pending.join("")}</div>`;
  }

  #grow(piece: string): string {
    if (piece === "") return "";
    const settled = this.#growing.append(piece);
    return settled.length === 0
      ? escape(piece)
      : `</span>${settled.join("")}${this.#openTail()}`;
  }

  #openTail(): string {
    return `<span class="tail">${this.#pulse}${escape(this.#growing.tail)}`;
  }
}

function notice(sentence: string | undefined): string {
  return sentence ? `<p class="notice">${escape(sentence)}</p>` : "";
}
