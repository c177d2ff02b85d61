import type { ReplyEnd, ReplyEvent } from "../../core/domain/records";
import { GrowingMarkdown } from "../rendering/growing-markdown";
import { escape } from "../rendering/markdown";
import type { LiveBody } from "./live-body";
import { Pace } from "./pace";
import { ReplyView } from "./reply-view";

/** Takes along what is in the message box, which a page that is only loaded again would lose. */
export const composerButton = (name: string, action: string): string =>
  `<button class="button" form="composer" formaction="${action}" formnovalidate>${name}</button>`;

/** The way to read on in the page of a conversation, where its connection ends before its reply. */
export const goOnButton = (conversation: string): string =>
  composerButton("Continue reading", `/conversations/${conversation}`);

/**
 * Keeps a page's connection open. The style sheet shows it when no other has followed for two and a
 * half heartbeats: a page without a script can't notice by itself that its server has died.
 */
export const pageHeartbeat = (conversation: string): string =>
  `<small class="pulse notice">No data for a while: the connection may be lost. ${goOnButton(conversation)}</small>`;

export interface PageStreamInput {
  /** A sign of life, as {@link pageHeartbeat} makes it. */
  pulse: string;
  /** The text that the page begins with, and the events after it. */
  text: string;
  follow: AsyncIterable<{ event: ReplyEvent }>;
  /** What follows the text when it is there: what became of it, and what can be done. */
  renderEnd: (ended: ReplyEnd) => string;
}

/**
 * Writes a reply into a page that is open in a browser without a script.
 *
 * Blocks that are finished are sent as HTML. The unfinished end goes as plain text into a span;
 * once it is finished the block follows, and the style sheet hides every span but the last. If
 * the answer is begun again, the same is done with the whole attempt.
 */
export async function writeReplyIntoPage(
  live: LiveBody,
  { pulse, text, follow, renderEnd }: PageStreamInput,
): Promise<void> {
  const attempt = new PageAttempt(text, pulse);
  live.write(attempt.begin());
  const view = new ReplyView({ known: text });
  const pace = new Pace(live, () => live.write(attempt.show(view)));
  for await (const { event } of follow) {
    view.apply(event);
    pace.wake();
  }
  await pace.settle();
  if (live.signal.aborted || !view.ended) return;
  live.write(`${attempt.finish()}${renderEnd(view.ended)}`);
}

/** The HTML of a text that only ever grows in the page; a text that doesn't is begun again. */
class PageAttempt {
  #growing = new GrowingMarkdown();
  #sent: string;
  #story: string | undefined;
  #hindrance: string | undefined;
  readonly #pulse: string;

  /** @param pulse What every place begins with where text is added. */
  constructor(text: string, pulse: string) {
    this.#sent = text;
    this.#pulse = pulse;
  }

  begin(): string {
    this.#growing = new GrowingMarkdown();
    const settled = this.#growing.append(this.#sent);
    return `<div class="attempt">${settled.join("")}${this.#openTail()}`;
  }

  /** What to write so that the page shows what is to be seen now. */
  show({ text, story, hindrance }: ReplyView): string {
    const before = this.#hindrance;
    const hasGrownFrom = before !== undefined && hindrance === undefined;
    this.#hindrance = hindrance;
    if (story !== this.#story) {
      this.#story = story;
      this.#sent = text;
      return `</span></div>${notice(story)}${this.begin()}`;
    }
    if (hasGrownFrom || !text.startsWith(this.#sent)) {
      this.#sent = text;
      return `</span></div>${this.begin()}`;
    }
    const grown = this.#grow(text.slice(this.#sent.length));
    this.#sent = text;
    // Within the attempt, so that it goes with it when the reply goes on.
    return hindrance && hindrance !== before
      ? `${grown}</span>${notice(hindrance)}<span>${this.#pulse}`
      : grown;
  }

  finish(): string {
    return `</span>${this.#growing.unsettled.join("")}</div>`;
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
