import type { ReplyEvent } from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import {
  UpdateInterval,
  type Interval,
} from "../../core/runtime/update-interval";
import type { TimeSlices } from "../rendering/time-slices";
import { idPrefixOf } from "../rendering/references";
import { LiveReply } from "./live-reply";

export interface ReplyKey {
  owner: string;
  conversation: string;
  number: number;
  /** Of the finished article, which its watchers share. */
  locale: Locale;
}

type Follow = (signal: AbortSignal) => AsyncIterable<{ event: ReplyEvent }>;

/** The replies that this process follows: each once, however many watchers it has. */
export class LiveReplies {
  readonly #followed = new Map<
    string,
    { reply: LiveReply; watchers: number }
  >();

  /** @param interval Between two states of a reply. */
  constructor(
    private readonly slices: TimeSlices,
    private readonly interval: Interval = new UpdateInterval(),
  ) {}

  get size(): number {
    return this.#followed.size;
  }

  /**
   * Joins the watchers of a reply until the signal aborts.
   *
   * @param follow The reply's events from its beginning, if nothing follows it yet. Aborted when the
   *   last watcher has left.
   */
  join(
    { owner, conversation, number, locale }: ReplyKey,
    follow: Follow,
    signal: AbortSignal,
  ): LiveReply {
    const key = JSON.stringify([owner, conversation, number, locale.tag]);
    const followed =
      this.#followed.get(key) ??
      this.#begin(key, follow, { idPrefix: idPrefixOf(number), locale });
    followed.watchers++;
    const leave = () => {
      if (--followed.watchers > 0) return;
      followed.reply.stop();
      this.#forget(key, followed);
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    return followed.reply;
  }

  #begin(
    key: string,
    follow: Follow,
    options: { idPrefix: string; locale: Locale },
  ) {
    const { slices, interval } = this;
    const reply = new LiveReply({ slices, interval, ...options }, follow);
    const followed = { reply, watchers: 0 };
    this.#followed.set(key, followed);
    void reply.done.then(() => this.#forget(key, followed));
    return followed;
  }

  #forget(key: string, followed: object): void {
    if (this.#followed.get(key) === followed) this.#followed.delete(key);
  }
}
