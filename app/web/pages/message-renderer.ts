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
import { clockTime, THINKING, thoughtFor } from "./time";
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
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const known = this.#rendering.get(key);
    if (known) return known;
    const rendering = this.renderUncached(locale, conversation, message, html);
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
    const text = html ?? (await this.#htmlOf(message));
    return this.#render(locale, "message.njk", {
      message: viewOf(conversation, message, text),
    });
  }

  async #htmlOf(message: Message): Promise<string> {
    return this.textOf(message, idPrefixOf(message.number));
  }

  /**
   * The HTML of a message's text alone.
   *
   * @param idPrefix Distinguishes its ids from those of other texts on the page.
   */
  async textOf(message: Message, idPrefix: string): Promise<string> {
    return isPrompt(message)
      ? this.#slices.run(renderPrompt(message.text))
      : htmlOf(await this.#slices.run(renderText(message.text, { idPrefix })));
  }

  async #renderText(
    { text, number }: { text: string; number: number },
    isUnfinished = false,
  ): Promise<string> {
    const render = isUnfinished ? renderUnfinished : renderText;
    const options = { idPrefix: idPrefixOf(number) };
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
        ...headOf(reply),
        author: reply.modelName,
        html: html ?? (await this.#renderText(reply, isWriting)),
        // A reply that is streamed into the page brings its reasoning along.
        ...(html === undefined || !isWriting ? reasoningOf(reply) : undefined),
        notices: isWriting ? [] : [failureNotice(reply.reason)],
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
function reasoningOf({
  status,
  text,
  reasoning = "",
  reasoningMs,
}: ShownReply) {
  const isWriting = status === "writing";
  const isThinking = isWriting && text === "";
  if (reasoning === "" && !isWriting) return undefined;
  const thought = isThinking ? THINKING : thoughtFor(reasoningMs);
  return { reasoning, thought, isThinking };
}

/** As the id of the event that would have brought the text: see `parseSeen`. */
function seenIn({ epoch, text }: ShownReply): string | undefined {
  return epoch === undefined ? undefined : `${epoch}.${text.length}`;
}

/** The notices below the text of a reply that has ended. */
export function outcomeNotices(
  ended: Pick<ReplyEnd, "outcome" | "reason" | "leftOut">,
): string[] {
  const notices: string[] = [];
  if (ended.outcome === "stopped") notices.push("Stopped.");
  if (ended.outcome === "failed") notices.push(failureNotice(ended.reason));
  else if (ended.reason) notices.push(ended.reason);
  if (ended.leftOut) {
    notices.push(
      `The conversation exceeds the model's context window: its oldest ${ended.leftOut} messages were left out.`,
    );
  }
  return notices;
}

/** The notices below the text of a reply that is a message. */
export const noticesOf = (reply: Reply): string[] =>
  reply.outcome === "failed"
    ? [interruptedNotice(reply)]
    : outcomeNotices(reply);

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

function failureNotice(reason: string | undefined): string {
  return reason ?? "The reply could not be finished.";
}

/** For a failed reply that the conversation has moved on from: it can't be retried. */
function interruptedNotice({ text, reason = "" }: Reply): string {
  return `${text === "" ? "No reply." : "Interrupted."} ${reason}`.trim();
}

const replyAddress = (conversation: string, number: number): string =>
  `/conversations/${conversation}/replies/${number}`;

function viewOf(conversation: string, message: Message, html: string): object {
  const { number } = message;
  const address = `/conversations/${conversation}`;
  const fork = `${address}/messages/${number}/fork`;
  if (isPrompt(message)) {
    return {
      ...headOf(message),
      fork,
      isYours: true,
      author: "You",
      html,
      files: viewFiles(conversation, message.files),
      edit: `${address}?message=${number}&edit=${number}#edit`,
      remove: `${address}/turns/${number}/delete`,
    };
  }
  return {
    ...headOf(message),
    fork,
    isYours: false,
    author: message.modelName,
    html,
    reasoning: message.reasoning,
    thought: message.reasoning && thoughtFor(message.reasoningMs),
    outcome: message.outcome === "complete" ? undefined : message.outcome,
    notices: noticesOf(message),
    source: `${replyAddress(conversation, message.number)}/source`,
    tokens: message.usage?.outputTokens,
    leftOut: message.leftOut,
  };
}

function headOf({ number, at }: { number: number; at: string }): object {
  return { number, at, time: clockTime(at) };
}
