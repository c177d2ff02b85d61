import { setImmediate } from "node:timers/promises";
import { pause } from "../../../core/runtime/async";
import type {
  ModelEvent,
  ModelInfo,
  ModelMessage,
  ModelProvider,
  ReplyOptions,
} from "../model";
import { answer } from "./converse";

export interface ElizaSettings {
  /** Milliseconds between two words; 0 for none. */
  delayMs: number;
}

const eliza: ModelInfo = {
  id: "eliza/eliza",
  name: "Eliza",
  provider: "eliza",
  description: "Built in: talks back by rules, and writes samples on request",
  contextTokens: 1_000_000,
  maxReplyTokens: 100_000,
  continues: true,
};

/**
 * The built-in model, in the manner of the program of 1966. It needs nothing and answers at once;
 * the same messages always get the same reply (at the same attempt), so that a reply that was cut
 * is continued exactly.
 */
export function createEliza({ delayMs }: ElizaSettings): ModelProvider {
  return {
    name: "eliza",
    listModels: () => Promise.resolve([eliza]),
    streamReply: (messages, options, signal) =>
      speak(messages, options, delayMs, signal),
  };
}

async function* speak(
  messages: ModelMessage[],
  options: ReplyOptions,
  delayMs: number,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  signal.throwIfAborted();
  const inputs = messages
    .filter(({ role }) => role === "user")
    .map(({ text }) => text);
  const begun = begunBy(messages);
  const left = continuation(answer(inputs, options.attempt), begun);
  const { text: rest, reason } = shortened(left, options.maxTokens);
  yield* atPace(wordsWithSpace(rest), delayMs, signal);
  const count = (parts: string[]) =>
    parts.reduce((sum, part) => sum + wordsWithSpace(part).length, 0);
  yield {
    kind: "usage",
    inputTokens: count(messages.map((message) => message.text)),
    outputTokens: count([rest]),
  };
  yield { kind: "stop", reason };
}

/** The beginning of the reply, if it was cut. */
function begunBy(messages: ModelMessage[]): string {
  const last = messages.at(-1);
  return last?.role === "assistant" ? last.text : "";
}

/** One word counts as one token here. */
function shortened(
  text: string,
  maxTokens = Number.POSITIVE_INFINITY,
): { text: string; reason: "end" | "length" } {
  const words = wordsWithSpace(text);
  if (words.length <= maxTokens) return { text, reason: "end" };
  return { text: words.slice(0, maxTokens).join(""), reason: "length" };
}

/** What is still to be said. Of a beginning that isn't this reply's, it makes a paragraph. */
function continuation(text: string, begun: string): string {
  if (text.startsWith(begun)) return text.slice(begun.length);
  return `${begun.endsWith("\n") ? "" : "\n\n"}${text}`;
}

function wordsWithSpace(text: string): string[] {
  return text.match(/\s*\S+|\s+$/gu) ?? [];
}

/** Without a delay, other work gets its turn after this many words. */
const wordsAtOnce = 64;

async function* atPace(
  words: string[],
  delayMs: number,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  for (const [index, text] of words.entries()) {
    if (index > 0) await nextWord(index, delayMs, signal);
    signal.throwIfAborted();
    yield { kind: "text", text };
  }
}

async function nextWord(
  index: number,
  delayMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (delayMs === 0) {
    if (index % wordsAtOnce === 0) await setImmediate();
    return;
  }
  await pause(delayMs, signal);
}
