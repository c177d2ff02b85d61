import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import {
  isPrompt,
  type Message,
  type Prompt,
  type Reply,
  type ReplyEnd,
  type ReplyState,
} from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import {
  htmlOf,
  renderText,
  renderUnfinished,
} from "../rendering/growing-markdown";
import { renderPrompt } from "../rendering/prompt";
import { idPrefixOf } from "../rendering/references";
import type { TimeSlices } from "../rendering/time-slices";
import type { Render } from "../rendering/views";
import { clockTime, dateAndTime, thoughtFor } from "./time";
import type { VersionsView } from "./turns";
import { viewFiles } from "./view-files";

/** Some thousands of messages. Balances memory against rendering them again. */
const CACHED_CHARACTERS = 8 * 1024 * 1024;

type ShownReply = Omit<ReplyState, "model" | "offset">;

/** Renders messages of every kind by `message.njk`, and caches the HTML of those that can't change. */
export class MessageRenderer {
  readonly #render: Render;
  readonly #slices: TimeSlices;
  readonly #cache = new LRUCache<string, string>({
    maxSize: CACHED_CHARACTERS,
    sizeCalculation: (html, key) => html.length + key.length,
  });
  readonly #rendering = new Map<string, Promise<string>>();

  constructor(render: Render, slices: TimeSlices) {
    this.#render = render;
    this.#slices = slices;
  }

  /** @param html the text, if it is rendered already */
  async render(
    locale: Locale,
    conversation: string,
    message: Message,
    html?: string,
  ): Promise<string> {
    const key = `${locale.tag}/${conversation}/${message.number}/${message.at}`;
    return this.#cached(key, () =>
      this.renderUncached(locale, conversation, message, html),
    );
  }

  /** A message as visitors of a link see it: nothing can be done with it. */
  async renderShared(
    locale: Locale,
    token: string,
    message: Message,
  ): Promise<string> {
    const { number, at } = message;
    const key = `${locale.tag}/shared/${token}/${number}/${at}`;
    return this.#cached(key, async () => {
      const html = await this.#htmlOf(locale, message);
      const view = sharedViewOf(locale, token, message, html);
      return this.#render(locale, "message.njk", { message: view });
    });
  }

  async #cached(key: string, render: () => Promise<string>): Promise<string> {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const known = this.#rendering.get(key);
    if (known) return known;
    const rendering = render();
    this.#rendering.set(key, rendering);
    try {
      const rendered = await rendering;
      this.#cache.set(key, rendered);
      return rendered;
    } finally {
      this.#rendering.delete(key);
    }
  }

  /** For a message that is not published yet, and may change. */
  async renderUncached(
    locale: Locale,
    conversation: string,
    message: Message,
    html?: string,
  ): Promise<string> {
    const text = html ?? (await this.#htmlOf(locale, message));
    return this.#render(locale, "message.njk", {
      message: viewOf(locale, conversation, message, text),
    });
  }

  async #htmlOf(locale: Locale, message: Message): Promise<string> {
    return this.textOf(locale, message, idPrefixOf(message.number));
  }

  /**
   * The HTML of a message's text alone.
   *
   * @param idPrefix Distinguishes its ids from those of other texts on the page.
   */
  async textOf(
    locale: Locale,
    message: Message,
    idPrefix: string,
  ): Promise<string> {
    const { text } = message;
    return isPrompt(message)
      ? this.#slices.run(renderPrompt(text, locale))
      : htmlOf(await this.#slices.run(renderText(text, { idPrefix, locale })));
  }

  async #renderText(
    locale: Locale,
    { text, number }: { text: string; number: number },
    isUnfinished = false,
  ): Promise<string> {
    const render = isUnfinished ? renderUnfinished : renderText;
    const options = { idPrefix: idPrefixOf(number), locale };
    return htmlOf(await this.#slices.run(render(text, options)));
  }

  /** The form that edits a prompt, in its place. */
  renderEdit(
    locale: Locale,
    conversation: string,
    { number, text, files }: Prompt,
  ): string {
    const action = `/conversations/${conversation}/messages`;
    const cancel = `/conversations/${conversation}?message=${number}#m${number}`;
    const key = randomUUID();
    return this.#render(locale, "edit.njk", {
      action,
      cancel,
      key,
      number,
      text,
      files,
    });
  }

  renderVersions(locale: Locale, versions: VersionsView): string {
    return this.#render(locale, "versions.njk", versions);
  }

  /** A reply that is being written, or that failed. @param html the text, if not rendered here. */
  async renderPending(
    locale: Locale,
    conversation: string,
    reply: ShownReply,
    html?: string,
  ): Promise<string> {
    const address = replyAddress(conversation, reply.number);
    const isWriting = reply.status === "writing";
    return this.#render(locale, "message.njk", {
      message: {
        ...headOf(locale, reply),
        author: reply.modelName,
        html: html ?? (await this.#renderText(locale, reply, isWriting)),
        // A reply that is streamed into the page brings its reasoning along.
        ...(html === undefined || !isWriting
          ? reasoningOf(locale, reply)
          : undefined),
        notices: isWriting ? [] : [failureNotice(locale, reply.reason)],
        outcome: isWriting ? undefined : "failed",
        events: isWriting ? `${address}/events` : undefined,
        seen: isWriting ? seenIn(reply) : undefined,
        retry: isWriting ? undefined : `${address}/retry`,
        source: `${address}/source`,
      },
    });
  }
}

/** Reasoning is open until the answer begins. An empty one is there for the stream to fill. */
function reasoningOf(
  locale: Locale,
  { status, text, reasoning = "", reasoningMs }: ShownReply,
) {
  const isWriting = status === "writing";
  const isThinking = isWriting && text === "";
  if (reasoning === "" && !isWriting) return undefined;
  const thought = isThinking
    ? locale.t("thought.now")
    : thoughtFor(locale, reasoningMs);
  return { reasoning, thought, isThinking };
}

/** As the id of the event that would have brought the text: see `parseSeen`. */
function seenIn({ epoch, text }: ShownReply): string | undefined {
  return epoch === undefined ? undefined : `${epoch}.${text.length}`;
}

/** The notices below the text of a reply that has ended. */
export function outcomeNotices(
  locale: Locale,
  ended: Pick<ReplyEnd, "outcome" | "reason" | "leftOut">,
): string[] {
  const notices: string[] = [];
  if (ended.outcome === "stopped") notices.push(locale.t("reply.stopped"));
  if (ended.outcome === "failed")
    notices.push(failureNotice(locale, ended.reason));
  else if (ended.reason) notices.push(locale.translate(ended.reason));
  if (ended.leftOut) {
    notices.push(locale.t("reply.leftOut", { count: ended.leftOut }));
  }
  return notices;
}

/** The notices below the text of a reply that is a message. */
export const noticesOf = (locale: Locale, reply: Reply): string[] =>
  reply.outcome === "failed"
    ? [interruptedNotice(locale, reply)]
    : outcomeNotices(locale, reply);

/** The message that a reply becomes, for watchers that see its end before it is published. */
export function messageOf(
  reply: Pick<ReplyState, "number" | "at" | "model" | "modelName">,
  ended: ReplyEnd,
): Reply {
  const { number, at, model, modelName } = reply;
  const { text, outcome, reasoning, reasoningMs, reason } = ended;
  const { usage, leftOut } = ended;
  return {
    number,
    role: "assistant",
    at: ended.at ?? at,
    model: ended.model ?? model,
    modelName: ended.modelName ?? modelName,
    text,
    outcome,
    reasoning,
    reasoningMs,
    reason,
    usage,
    leftOut,
  };
}

function failureNotice(locale: Locale, reason: string | undefined): string {
  return reason ? locale.translate(reason) : locale.t("reply.failed");
}

/** For a failed reply that the conversation has moved on from: it can't be retried. */
function interruptedNotice(
  locale: Locale,
  { text, reason = "" }: Reply,
): string {
  const state = locale.t(text === "" ? "reply.none" : "reply.interrupted");
  return `${state} ${locale.translate(reason)}`.trim();
}

const replyAddress = (conversation: string, number: number): string =>
  `/conversations/${conversation}/replies/${number}`;

function viewOf(
  locale: Locale,
  conversation: string,
  message: Message,
  html: string,
): object {
  const { number } = message;
  const address = `/conversations/${conversation}`;
  const fork = `${address}/messages/${number}/fork`;
  if (isPrompt(message)) {
    return {
      ...headOf(locale, message),
      fork,
      isYours: true,
      author: locale.t("chat.you"),
      html,
      files: viewFiles(locale, address, message.files),
      edit: `${address}?message=${number}&edit=${number}#edit`,
      remove: `${address}/turns/${number}/delete`,
    };
  }
  return {
    ...headOf(locale, message),
    fork,
    isYours: false,
    author: message.modelName,
    html,
    reasoning: message.reasoning,
    thought: message.reasoning && thoughtFor(locale, message.reasoningMs),
    outcome: message.outcome === "complete" ? undefined : message.outcome,
    notices: noticesOf(locale, message),
    source: `${replyAddress(conversation, message.number)}/source`,
    tokens: message.usage?.outputTokens,
    leftOut: message.leftOut,
  };
}

function sharedViewOf(
  locale: Locale,
  token: string,
  message: Message,
  html: string,
): object {
  const isYours = isPrompt(message);
  const of = `/shared/${token}/messages/${message.number}`;
  return {
    ...headOf(locale, message),
    // No script replaces it by a time of today.
    time: dateAndTime(locale, message.at),
    isShared: true,
    isYours,
    author: isYours ? locale.t("shared.author") : message.modelName,
    html,
    files: isYours ? viewFiles(locale, of, message.files) : undefined,
    notices: isYours ? [] : outcomeNotices(locale, message),
  };
}

function headOf(
  locale: Locale,
  { number, at }: { number: number; at: string },
): object {
  return { number, at, time: clockTime(locale, at) };
}
