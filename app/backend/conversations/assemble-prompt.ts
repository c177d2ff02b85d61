import { memoize } from "../../core/runtime/memoize";
import { estimateTokens } from "../models/estimate-tokens";
import type { ModelInfo, ModelMessage } from "../models/model";

export interface PromptOptions {
  /** Set by the operator, for every conversation. */
  systemPrompt?: string | undefined;
  /** The instructions of the project. */
  instructions?: string | undefined;
  /**
   * The conversation, oldest first; the last one is what is to be answered. What a message costs
   * is worked out once: it never changes.
   */
  history: readonly Readonly<ModelMessage>[];
  /** The beginning of the answer, where a cut reply is continued. */
  begun?: string | undefined;
}

export interface AssembledPrompt {
  messages: ModelMessage[];
  /** The number of messages, from the oldest, that did not fit the model's window. */
  leftOut: number;
  /** See {@link estimateTokens}. */
  estimatedTokens: number;
}

/** The overhead of a message: its role, its beginning and its end. */
const tokensAroundMessage = 4;

/** The part of the window that is left free, since tokens are estimated and not counted. */
const margin = 0.1;

/**
 * Puts together what a model is asked: the system prompt, then as much of the history as its
 * window holds, from the newest backwards. The message to be answered is always in it: if that one
 * is too long by itself, the model must say so. Neighbours of one role become one message, because
 * many models insist on turns.
 *
 * @param maxTokens The longest reply that was asked for, with what is begun of it; room is kept for
 *   the rest, up to half of the window.
 */
export function assemblePrompt(
  options: PromptOptions,
  info: Pick<ModelInfo, "contextTokens" | "maxReplyTokens">,
  maxTokens: number = info.maxReplyTokens,
): AssembledPrompt {
  const system = systemMessage(options);
  const begun: ModelMessage[] = options.begun
    ? [{ role: "assistant", text: options.begun }]
    : [];
  const around = cost([...system, ...begun]);
  const room =
    info.contextTokens * (1 - margin) -
    Math.min(tokensLeft(maxTokens, options.begun), info.contextTokens / 2) -
    around;
  const kept = newest(options.history, room);
  return {
    messages: inTurns([...system, ...kept, ...begun]),
    leftOut: options.history.length - kept.length,
    estimatedTokens: around + cost(kept),
  };
}

/** An estimate of the tokens of a reply that are still to be written, at least 1. */
export function tokensLeft(maxTokens: number, begun = ""): number {
  return Math.max(1, maxTokens - estimateTokens(begun));
}

function systemMessage(options: PromptOptions): ModelMessage[] {
  const text = [options.systemPrompt, options.instructions]
    .map((part) => part?.trim())
    .filter(Boolean)
    .join("\n\n");
  return text === "" ? [] : [{ role: "system", text }];
}

/** The newest messages that fit, the last of them in any case, beginning with a prompt. */
function newest<M extends ModelMessage>(
  history: readonly M[],
  room: number,
): readonly M[] {
  let from = history.length - 1;
  let left = room - cost(history.slice(-1));
  while (from > 0) {
    left -= cost([history[from - 1]!]);
    if (left < 0) break;
    from--;
  }
  while (from > 0 && history[from]?.role === "assistant") from++;
  return history.slice(Math.max(Math.min(from, history.length - 1), 0));
}

const costOf = memoize(
  ({ text }: ModelMessage) => estimateTokens(text) + tokensAroundMessage,
);

const cost = (messages: readonly ModelMessage[]): number =>
  messages.reduce((sum, message) => sum + costOf(message), 0);

function inTurns(messages: readonly ModelMessage[]): ModelMessage[] {
  const turns: ModelMessage[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (message.text.trim() === "") continue;
    if (last?.role === message.role) {
      turns[turns.length - 1] = {
        role: last.role,
        text: `${last.text}\n\n${message.text}`,
      };
    } else turns.push({ role: message.role, text: message.text });
  }
  return turns;
}
