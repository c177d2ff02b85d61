import { capital, requestIn } from "./requests";
import { fallbacks, memories, script, spellings, swaps } from "./script";

/** Rebuilt from the messages before each answer, so that answers are deterministic. */
interface State {
  /** The uses of each kind of request and each list of replies. */
  used: Map<string | string[], number>;
  /** To return to, oldest first. */
  memories: string[];
  last: string;
}

/** Bounds the work for an answer. */
const MAX_MESSAGES = 200;
const MAX_LENGTH = 4_000;
const MAX_CLAUSE = 400;

/**
 * Answers the last message. The same messages always get the same answer.
 *
 * @param inputs The visitor's messages, oldest first.
 * @param attempt How many other answers the last message has had.
 */
export function answer(inputs: string[], attempt = 0): string {
  const state: State = { used: new Map(), memories: [], last: "" };
  for (const input of inputs.slice(-MAX_MESSAGES, -1)) react(state, input);
  const input = inputs.at(-1) ?? "";
  for (let before = 0; before < attempt; before++) {
    react({ ...state, memories: [...state.memories] }, input);
  }
  return react(state, input)();
}

/** Advances the state. The text of a request, which may be long, is made only if needed. */
function react(state: State, input: string): () => string {
  const request = requestIn(input);
  if (request) {
    const askedBefore = use(state, request.kind);
    return () => request.reply(askedBefore);
  }
  const reply = talk(state, clausesOf(input));
  state.last = reply;
  return () => reply;
}

function talk(state: State, clauses: string[]): string {
  const text = byKeyword(state, clauses) ?? fromMemory(state);
  remember(state, clauses);
  return text;
}

function byKeyword(state: State, clauses: string[]): string | undefined {
  for (const { words, rules } of keywords) {
    const clause = clauses.find((one) => words.test(one));
    for (const { pattern, replies } of clause === undefined ? [] : rules) {
      const captured = takeApart(pattern, clause!);
      if (captured) return assemble(pick(state, replies), captured);
    }
  }
  return undefined;
}

/** A keyword of the script is a line without indent, a pattern has two spaces, a reply four. */
const keywords = script
  .trim()
  .split(/\n(?! )/)
  .map((block) => {
    const [words = "", ...rules] = block.split(/\n {2}(?! )/);
    return {
      words: new RegExp(`\\b(?:${words.replaceAll(" ", "|")})\\b`, "i"),
      rules: rules.map((rule) => {
        const [pattern = "", ...replies] = rule.split(/\n {4}/);
        return { pattern: toRegex(pattern), replies };
      }),
    };
  });

const mine = toRegex("* my *");

/** `* i want|need *` becomes `^(.*?) *\\bi\\b *\\b(want|need)\\b *(.*?)$`. */
function toRegex(pattern: string): RegExp {
  const words = pattern.split(" ").map((part) => {
    if (part === "*") return "(.*?)";
    return `\\b${part.includes("|") ? `(${part})` : part}\\b`;
  });
  return new RegExp(`^${words.join(" *")}$`, "i");
}

function takeApart(pattern: RegExp, clause: string): string[] | undefined {
  return pattern.exec(clause)?.slice(1);
}

/** A message as clauses of known spelling, without punctuation. */
function clausesOf(input: string): string[] {
  return input
    .slice(0, MAX_LENGTH)
    .replaceAll(/[‘’]/g, "'")
    .split(/[.,;:!?()"“”\n]+|\bbut\b/i)
    .map((clause) =>
      (clause.slice(0, MAX_CLAUSE).match(/[\p{L}\p{N}'-]+/gu) ?? [])
        .map((word) => spellings[word.toLowerCase()] ?? word)
        .join(" "),
    )
    .filter((clause) => clause !== "");
}

function assemble(reply: string, captured: string[]): string {
  const filled = reply.replaceAll(/\{(\d)\}/g, (_, slot: string) =>
    swapPronouns(captured[Number(slot) - 1] || "that"),
  );
  return capital(filled);
}

const pronouns = new RegExp(`\\b(?:${Object.keys(swaps).join("|")})\\b`, "gi");

/** "my dog and I" becomes "your dog and you". */
function swapPronouns(text: string): string {
  return text.replaceAll(pronouns, (word, at: number) => {
    const isObject = /^you$/i.test(word) && at + word.length === text.length;
    return isObject ? "me" : swaps[word.toLowerCase()]!;
  });
}

function remember(state: State, clauses: string[]): void {
  for (const clause of clauses) {
    const captured = takeApart(mine, clause);
    if (!captured?.[1]) continue;
    state.memories.push(assemble(pick(state, memories), captured));
  }
  state.memories.splice(0, state.memories.length - 8);
}

/** Returns to an earlier message every other time. */
function fromMemory(state: State): string {
  const isTurn = use(state, "no keyword") % 2 === 1;
  return (
    (isTurn ? state.memories.shift() : undefined) ?? pick(state, fallbacks)
  );
}

/** The next reply of a rule; the one after it if it was the last answer. */
function pick(state: State, replies: string[]): string {
  const next = () => replies[use(state, replies) % replies.length]!;
  const reply = next();
  return reply === state.last && replies.length > 1 ? next() : reply;
}

/** @returns How often it was used before. */
function use(state: State, key: string | string[]): number {
  const before = state.used.get(key) ?? 0;
  state.used.set(key, before + 1);
  return before;
}
