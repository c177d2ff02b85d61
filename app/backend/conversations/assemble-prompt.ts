import type { ModelInfo, ModelMessage } from "../models/model";
import { mostTokens } from "../models/estimate-tokens";
import type { TokenCounter } from "../models/token-counter";

export interface PromptOptions {
  /** Set by the operator, for every conversation. */
  systemPrompt?: string | undefined;
  /** The instructions of the owner, the project and the conversation. */
  instructions?: string | undefined;
  /** The conversation, from the newest message backwards; the first one is what is to be answered. */
  newestFirst: AsyncIterable<Readonly<ModelMessage>>;
  /** The number of messages in the conversation, those that can't be read included. */
  length: number;
  /** The beginning of the answer, where a cut reply is continued. */
  begun?: string | undefined;
}

export interface AssembledPrompt {
  messages: ModelMessage[];
  /** The number of messages, from the oldest, that did not fit the model's window. */
  leftOut: number;
  /** The tokens of the reply that are still to be written, at least 1. */
  tokensLeft: number;
}

/** The overhead of a message: its role, its beginning and its end. */
const tokensAroundMessage = 4;

/** The part of the window that is left free, since tokens are estimated and not counted. */
const margin = 0.1;

/**
 * Characters of the history for each token of the window. Only white space has as many, so they bound
 * the memory for a history whose tokens would fit.
 */
const CHARACTERS_PER_TOKEN = 8;

/**
 * Puts together what a model is asked: the system prompt, then as much of the history as its
 * window holds, from the newest backwards: no more than that is read. The message to be answered is
 * always in it: if that one is too long by itself, the model must say so. Neighbours of one role
 * become one message, because many models insist on turns.
 *
 * @param maxTokens The longest reply that was asked for, with what is begun of it; room is kept for
 *   the rest, up to half of the window.
 */
export async function assemblePrompt(
  options: PromptOptions,
  info: Pick<ModelInfo, "contextTokens" | "maxReplyTokens">,
  counter: TokenCounter,
  maxTokens: number = info.maxReplyTokens,
): Promise<AssembledPrompt> {
  const { newestFirst, length, begun = "" } = options;
  const begunTokens = await counter.count(begun);
  const system = systemMessage(options);
  const around =
    (system ? await cost(system, counter) : 0) +
    (begun === "" ? 0 : begunTokens + tokensAroundMessage);
  const tokensLeft = Math.max(1, maxTokens - begunTokens);
  const { contextTokens } = info;
  const { kept, isCut } = await readNewest(newestFirst, counter, {
    tokens:
      contextTokens * (1 - margin) -
      Math.min(tokensLeft, contextTokens / 2) -
      around,
    characters: contextTokens * CHARACTERS_PER_TOKEN,
  });
  const messages = kept.length < length ? fromPrompt(kept) : kept;
  return {
    messages: inTurns([
      ...(system ? [system] : []),
      ...messages,
      { role: "assistant", text: begun },
    ]),
    // Without a cut, what is missing can't be read: the window has room for it.
    leftOut: isCut ? length - messages.length : 0,
    tokensLeft,
  };
}

function systemMessage(options: PromptOptions): ModelMessage | undefined {
  const text = [options.systemPrompt, options.instructions]
    .map((part) => part?.trim())
    .filter(Boolean)
    .join("\n\n");
  return text === "" ? undefined : { role: "system", text };
}

/**
 * The newest messages that fit, the last of them in any case, oldest first.
 *
 * @returns `isCut` is true if an older message did not fit.
 */
async function readNewest<M extends ModelMessage>(
  newestFirst: AsyncIterable<M>,
  counter: TokenCounter,
  room: { tokens: number; characters: number },
): Promise<{ kept: M[]; isCut: boolean }> {
  const newest: M[] = [];
  const window = new Window(room.tokens, counter);
  let { characters } = room;
  for await (const message of newestFirst) {
    characters -= message.text.length;
    const isFull = !(await window.holds(message)) || characters < 0;
    if (isFull && newest.length > 0) {
      return { kept: newest.toReversed(), isCut: true };
    }
    newest.push(message);
  }
  return { kept: newest.toReversed(), isCut: false };
}

/** Tells whether messages fit. Tokens are estimated only near the limit, which most conversations never reach. */
class Window {
  private counted = 0;
  private readonly uncounted: ModelMessage[] = [];
  /** An upper bound. */
  private uncountedTokens = 0;

  constructor(
    private readonly tokens: number,
    private readonly counter: TokenCounter,
  ) {}

  /** Adds a message. @returns False if all of them together don't fit. */
  async holds(message: ModelMessage): Promise<boolean> {
    this.uncounted.push(message);
    this.uncountedTokens +=
      mostTokens(message.text) + tokensBesideText(message);
    if (this.counted + this.uncountedTokens <= this.tokens) return true;
    for (const each of this.uncounted.splice(0)) {
      this.counted += await cost(each, this.counter);
    }
    this.uncountedTokens = 0;
    return this.counted <= this.tokens;
  }
}

/** The messages from the first prompt on; the last one in any case. */
function fromPrompt<M extends ModelMessage>(messages: M[]): M[] {
  const from = messages.findIndex(({ role }) => role !== "assistant");
  return messages.slice(from === -1 ? messages.length - 1 : from);
}

const cost = async (message: ModelMessage, counter: TokenCounter) =>
  (await counter.countMessage(message)) + tokensBesideText(message);

const tokensBesideText = ({ files = [] }: ModelMessage): number =>
  files.reduce((sum, { tokens }) => sum + tokens, tokensAroundMessage);

function inTurns(messages: readonly ModelMessage[]): ModelMessage[] {
  const turns: ModelMessage[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (message.text.trim() === "") continue;
    if (last?.role === message.role) {
      const text = `${last.text}\n\n${message.text}`;
      const files = [...(last.files ?? []), ...(message.files ?? [])];
      turns[turns.length - 1] = toTurn({ role: last.role, text, files });
    } else turns.push(toTurn(message));
  }
  return turns;
}

const toTurn = ({ role, text, files = [] }: ModelMessage): ModelMessage => ({
  role,
  text,
  ...(files.length > 0 && { files }),
});
