import { english, type Locale } from "../../core/texts/locale";
import type { ReplyEnd, ReplyEvent } from "../../core/domain/records";

/** A watcher's position in a reply, as in an event's id. */
export interface Seen {
  epoch: number;
  /** UTF-16 units of text that the watcher has. */
  length: number;
}

/** The text and the notices of a reply, as its events tell. */
export class ReplyText {
  ended: ReplyEnd | undefined;
  #text = "";
  /** The text since the last {@link take}: to cut it from the whole would copy all of it each time. */
  #added = "";
  #takenLength = 0;
  #reasoning = "";
  #reasoningMs: number | undefined;
  #reasoningCuts = 0;
  #epoch = 0;
  #stickyNotice: string | undefined;
  #transientNotice: string | undefined;
  /** The length that is unchanged since the last {@link take}. */
  #common = Infinity;
  #hasNews = false;
  /** The text that each epoch kept of the one before. */
  readonly #keeps: { epoch: number; keep: number }[] = [];

  /** True before the first event. */
  isEmpty = true;

  constructor(private readonly locale: Locale = english) {}

  get hasNews(): boolean {
    return this.#hasNews;
  }

  apply(event: ReplyEvent): void {
    if (event.kind === "epoch") this.#beginEpoch(event.epoch, event.keep);
    else if (event.kind === "text") this.#append(event.text);
    else if (event.kind === "reasoning") this.#reason(event.text, event.ms);
    else if (event.kind === "end") this.#end(event);
    this.#transientNotice =
      event.kind === "notice" ? this.locale.translate(event.notice) : undefined;
    this.#hasNews = true;
    this.isEmpty = false;
  }

  /**
   * The present text and notices.
   *
   * @returns With them `common`, the length of text that is unchanged since the last time, and
   *   `added`, the text after it unless some was cut.
   */
  take() {
    const common = this.#common;
    const added = this.#added;
    this.#common = Infinity;
    this.#added = "";
    this.#takenLength = this.#text.length;
    this.#hasNews = false;
    return {
      common,
      added,
      text: this.#text,
      reasoning: this.#reasoning,
      reasoningMs: this.#reasoningMs,
      reasoningCuts: this.#reasoningCuts,
      epoch: this.#epoch,
      stickyNotice: this.#stickyNotice,
      transientNotice: this.#transientNotice,
    };
  }

  /** The length of the text that a watcher at this position has. */
  lengthOf({ epoch, length }: Seen): number {
    const first = this.#keeps.findIndex((one) => one.epoch === epoch);
    if (first === -1) return 0;
    const later = this.#keeps.slice(first + 1);
    // A writer that restarts its own text makes positions in its epoch ambiguous.
    if (later.some((one) => one.epoch === epoch)) return 0;
    return Math.min(length, ...later.map(({ keep }) => keep));
  }

  #append(text: string): void {
    this.#text += text;
    this.#added += text;
  }

  #beginEpoch(epoch: number, keep: number): void {
    if (this.ended) {
      // The failed reply is retried.
      this.ended = undefined;
      this.#stickyNotice = undefined;
    } else if (epoch > this.#epoch && epoch > 1 && this.#epoch > 0) {
      const isKept = keep > 0 || this.#text === "";
      this.#stickyNotice = this.locale.t(
        isKept ? "reply.continued" : "reply.restarted",
      );
    }
    this.#epoch = epoch;
    this.#keeps.push({ epoch, keep });
    if (keep < this.#text.length) this.#cutTo(keep);
    if (keep === 0 && this.#reasoning !== "") this.#reasonAgain("");
  }

  #reasonAgain(text: string): void {
    this.#reasoning = text;
    this.#reasoningMs = undefined;
    this.#reasoningCuts += 1;
  }

  #reason(text: string, ms: number | undefined): void {
    this.#reasoning += text;
    this.#reasoningMs = ms;
  }

  #end(end: ReplyEnd): void {
    this.ended = end;
    if (!end.text.startsWith(this.#text)) this.#cutTo(0);
    this.#text = end.text;
    this.#added = end.text.slice(this.#takenLength);
    const { reasoning = this.#reasoning } = end;
    if (!reasoning.startsWith(this.#reasoning)) this.#reasonAgain(reasoning);
    this.#reasoning = reasoning;
    this.#reasoningMs = end.reasoningMs ?? this.#reasoningMs;
  }

  #cutTo(length: number): void {
    this.#text = this.#text.slice(0, length);
    this.#added = this.#text.slice(this.#takenLength);
    this.#common = Math.min(this.#common, length);
  }
}

/** Parses an event's id. An invalid one yields `undefined`: the watcher then gets all of the text. */
export function parseSeen(id: string | undefined): Seen | undefined {
  const match = /^(\d{1,9})\.(\d{1,9})$/.exec(id ?? "");
  return match
    ? { epoch: Number(match[1]), length: Number(match[2]) }
    : undefined;
}
