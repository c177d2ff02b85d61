import type { Keyword, Rule } from "./keyword";
import { takeApart } from "./patterns";
import { reactionTo } from "./reactions";
import { requestIn } from "./requests";
import { fallbacks, longInputs, script } from "./script";
import { clausesOf, plainText, reflect, type Word } from "./words";

/** What a conversation has come to: made anew from its messages before each answer. */
interface State {
  /** How often each rule has answered: its replies are used in turn. */
  used: Map<string, number>;
  /** What to come back to, oldest first. */
  memories: string[];
  name: string | undefined;
  lastInput: string;
  lastReply: string;
}

/** How many messages make up the state: bounds the work for an answer. */
const lookedBack = 200;

/**
 * Answers the last of the visitor's messages, in the manner of the program of 1966. The same
 * messages always get the same answer.
 *
 * @param inputs All of the visitor's messages, oldest first.
 * @param attempt How many answers the last of them has had that were not taken.
 */
export function answer(inputs: string[], attempt = 0): string {
  const state: State = {
    used: new Map(),
    memories: [],
    name: undefined,
    lastInput: "",
    lastReply: "",
  };
  for (const input of inputs.slice(-lookedBack, -1)) react(state, input);
  const input = inputs.at(-1);
  if (input === undefined) return fallbacks[0]!;
  // An answer that was not taken uses up what it says; for the rest it was never given.
  for (let aside = 0; aside < attempt; aside++) {
    react({ ...state, memories: [...state.memories] }, input);
  }
  return react(state, input)();
}

/** Moves the conversation on; the reply's text is made only if it is the one that is wanted. */
function react(state: State, input: string): () => string {
  const request = requestIn(input);
  if (request !== undefined) {
    const asked = useOnceMore(state, request.kind);
    state.lastInput = "";
    return () => request.reply(asked);
  }
  const reply = talk(state, input);
  state.lastReply = reply;
  state.lastInput = plainText(input);
  return () => reply;
}

/** Characters from which a message is more than anybody would say in one breath. */
const longLength = 800;

function talk(state: State, input: string): string {
  const said =
    aboutName(state, input) ??
    reaction(state, input) ??
    repetition(state, input);
  if (said !== undefined) return said;
  const clauses = clausesOf(input);
  const reply = byKeyword(state, clauses) ?? fromMemory(state);
  if (input.length < longLength) return reply;
  return `${pick(state, "long", longInputs)} ${reply}`;
}

const introducesItself =
  /^(?:(?:hi|hello|hey)[,.! ]+)*(?:my name is|my name's|i am called|call me|they call me|i'm called) ([\p{L}][\p{L}'-]{0,30})\b/iu;
const asksForName =
  /\b(?:what is my name|who am i|do you know my name|remember my name)\b/;

function aboutName(state: State, input: string): string | undefined {
  const name = introducesItself.exec(input.trim())?.[1];
  if (name !== undefined) {
    state.name = name.charAt(0).toUpperCase() + name.slice(1);
    return pick(state, "name", [
      `Pleased to meet you, ${state.name}. What brings you here?`,
      `${state.name}, then. Does the name suit you?`,
    ]);
  }
  if (!asksForName.test(plainText(input))) return undefined;
  return state.name === undefined
    ? pick(state, "no name", [
        "You haven't told me. What shall I call you?",
        "I'd have to guess, and I never guess. What's your name?",
      ])
    : pick(state, "known name", [
        `You told me that your name is ${state.name}.`,
        `Still ${state.name}, unless you tell me otherwise.`,
      ]);
}

function reaction(state: State, input: string): string | undefined {
  const found = reactionTo(input);
  return found && pick(state, found.name, found.replies);
}

const repetitions = [
  "You said exactly that a moment ago. What did my answer miss?",
  "The same words again. Do they mean the same, this time?",
  "It seems important to you that I hear this. Which word in it counts the most?",
];

function repetition(state: State, input: string): string | undefined {
  return plainText(input) === state.lastInput
    ? pick(state, "repetition", repetitions)
    : undefined;
}

/** The keyword of the highest rank that has a rule which fits, of the first clause that has one. */
function byKeyword(state: State, clauses: Word[][]): string | undefined {
  const found = clauses
    .flatMap((clause) =>
      keywordsIn(clause).map((keyword) => ({ keyword, clause })),
    )
    .toSorted((a, b) => b.keyword.rank - a.keyword.rank);
  remember(state, clauses);
  for (const { keyword, clause } of found) {
    for (const rule of keyword.rules) {
      const parts = takeApart(rule.pattern, clause);
      if (parts !== undefined) return assemble(state, keyword, rule, parts);
    }
  }
  return undefined;
}

function keywordsIn(clause: Word[]): Keyword[] {
  const words = new Set(clause.map((word) => word.plain));
  return script.filter((keyword) =>
    keyword.words.some((word) => words.has(word)),
  );
}

const rememberedMost = 8;

/** Keeps each "my …" for later, whichever rule answers now. */
function remember(state: State, clauses: Word[][]): void {
  for (const clause of clauses) {
    for (const rule of remembering) {
      const parts = takeApart(rule.pattern, clause);
      if (parts === undefined) continue;
      const text = fill(
        pick(state, `memory ${rule.pattern}`, rule.remember!),
        parts,
      );
      if (!state.memories.includes(text)) state.memories.push(text);
      break;
    }
  }
  state.memories.splice(0, state.memories.length - rememberedMost);
}

const remembering = script
  .flatMap((keyword) => keyword.rules)
  .filter((rule) => rule.remember !== undefined);

/** Comes back to something said earlier every other time, as people do. */
function fromMemory(state: State): string {
  const turn = useOnceMore(state, "nothing to go on");
  const memory = turn % 2 === 1 ? state.memories.shift() : undefined;
  return memory ?? pick(state, "fallback", fallbacks);
}

function assemble(
  state: State,
  keyword: Keyword,
  rule: Rule,
  parts: Word[][],
): string {
  const fitting = rule.replies.filter((reply) => canFill(reply, parts));
  const replies = fitting.length > 0 ? fitting : fallbacks;
  const key = `${keyword.words[0]} ${rule.pattern}`;
  return fill(pick(state, key, replies), parts);
}

const slot = /\{(\d)\}/g;

/** A part that is missing, or as long as a paragraph, makes no sentence. */
function canFill(reply: string, parts: Word[][]): boolean {
  return [...reply.matchAll(slot)].every(([, number]) => {
    const length = parts[Number(number) - 1]?.length ?? 0;
    return length > 0 && length <= 20;
  });
}

function fill(reply: string, parts: Word[][]): string {
  const text = reply.replaceAll(slot, (_, number: string) =>
    reflect(parts[Number(number) - 1] ?? []),
  );
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The next of a rule's replies; the one after it, if that was said just now. */
function pick(state: State, key: string, replies: readonly string[]): string {
  const next = () => replies[useOnceMore(state, key) % replies.length]!;
  const reply = next();
  return reply === state.lastReply && replies.length > 1 ? next() : reply;
}

/** @returns How often it was used before. */
function useOnceMore(state: State, key: string): number {
  const before = state.used.get(key) ?? 0;
  state.used.set(key, before + 1);
  return before;
}
