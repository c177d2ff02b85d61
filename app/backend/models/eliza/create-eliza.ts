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
import { thankForFiles } from "./thank-for-files";

export interface ElizaSettings {
  /** Milliseconds between two words; 0 for none. */
  delayMs: number;
}

const eliza: ModelInfo = {
  id: "eliza/eliza",
  name: "Eliza",
  provider: "eliza",
  description: "Built in: answers by rules, and writes samples on request",
  contextTokens: 1_000_000,
  maxReplyTokens: 100_000,
  // It ignores it, so any will do.
  maxTemperature: 2,
  continues: true,
  takes: { all: true },
};

/**
 * The built-in model, in the manner of the program of 1966. The same messages always get the same
 * reply (at the same attempt), so an interrupted reply is continued exactly.
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
  const prompts = messages.filter(({ role }) => role === "user");
  const inputs = prompts.map(({ text }) => text);
  const files = prompts.at(-1)?.files ?? [];
  const last = messages.at(-1);
  const begun = last?.role === "assistant" ? last.text : "";
  const thanks = files.length > 0 ? `${thankForFiles(files)}\n\n` : "";
  const whole = thanks + answer(inputs, options.attempt);
  const rest = wordsOf(continuation(whole, begun));
  const words = rest.slice(0, options.maxTokens);
  yield* atPace(words, delayMs, signal);
  yield {
    kind: "usage",
    inputTokens: await countWords(messages),
    outputTokens: words.length,
  };
  const reason = words.length < rest.length ? "length" : "end";
  yield { kind: "stop", reason };
}

/** The rest of a begun text. A foreign beginning becomes a paragraph of its own. */
function continuation(text: string, begun: string): string {
  if (text.startsWith(begun)) return text.slice(begun.length);
  return `${begun.endsWith("\n") ? "" : "\n\n"}${text}`;
}

/** Each word counts as one token. */
const wordsOf = (text: string): string[] => text.match(/\s*\S+|\s+$/gu) ?? [];

/** Characters whose words are counted before other work gets its turn. */
const CHARACTERS_AT_ONCE = 512 * 1024;

/** The number of {@link wordsOf} the texts, without making them: a history has many. */
async function countWords(messages: readonly ModelMessage[]): Promise<number> {
  let count = 0;
  let counted = 0;
  for (const { text } of messages) {
    for (let from = 0; from < text.length; from += CHARACTERS_AT_ONCE) {
      const to = Math.min(from + CHARACTERS_AT_ONCE, text.length);
      count += wordsBetween(text, from, to);
      counted += to - from;
      if (counted < CHARACTERS_AT_ONCE) continue;
      await setImmediate();
      counted = 0;
    }
  }
  return count;
}

/** The words that begin in a part of a text. White space at the text's end is one more. */
function wordsBetween(text: string, from: number, to: number): number {
  let count = 0;
  let isInWord = from > 0 && !isSpace(text.charCodeAt(from - 1));
  for (let at = from; at < to; at++) {
    const isWord = !isSpace(text.charCodeAt(at));
    if (isWord && !isInWord) count++;
    isInWord = isWord;
  }
  return to === text.length && !isInWord ? count + 1 : count;
}

/** As `\s` in a regular expression, which takes many times as long for each character. */
const isSpace = (code: number): boolean =>
  code < 0x80
    ? code === 0x20 || (code >= 0x09 && code <= 0x0d)
    : (code >= 0x2000 && code <= 0x200a) || RARE_SPACES.has(code);

const RARE_SPACES: ReadonlySet<number> = new Set([
  0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff,
]);

/** Without a delay, words come in pieces of this many, and other work gets its turn between two. */
const WORDS_AT_ONCE = 64;

async function* atPace(
  words: string[],
  delayMs: number,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const atOnce = delayMs > 0 ? 1 : WORDS_AT_ONCE;
  for (let from = 0; from < words.length; from += atOnce) {
    if (from > 0 && delayMs > 0) await pause(delayMs, signal);
    else if (from > 0) await setImmediate();
    signal.throwIfAborted();
    yield { kind: "text", text: words.slice(from, from + atOnce).join("") };
  }
}
