import type { Word } from "./words";

/**
 * Takes a clause apart, as the program of 1966 did. In a pattern, `*` stands for any words or
 * none, `#` for a few words that name a thing, `a|b` for one of several, `@family` for a word of that class, anything else for itself.
 *
 * @returns What each `*`, `#`, `a|b` and `@class` stood for, in order; `undefined` if it doesn't fit.
 */
export function takeApart(
  pattern: string,
  words: Word[],
): Word[][] | undefined {
  return fit(pattern.split(" "), 0, words, 0);
}

function fit(
  parts: string[],
  part: number,
  words: Word[],
  from: number,
): Word[][] | undefined {
  const wanted = parts[part];
  if (wanted === undefined) return from === words.length ? [] : undefined;
  if (wanted === "*") return fitAny(parts, part, words, from);
  if (wanted === "#") return fitName(parts, part, words, from);
  const word = words[from];
  if (word === undefined || !isOneOf(wanted, word.plain)) return undefined;
  const rest = fit(parts, part + 1, words, from + 1);
  if (rest === undefined) return undefined;
  return /[|@]/.test(wanted) ? [[word], ...rest] : rest;
}

function fitAny(
  parts: string[],
  part: number,
  words: Word[],
  from: number,
): Word[][] | undefined {
  for (let to = from; to <= words.length; to++) {
    const rest = fit(parts, part + 1, words, to);
    if (rest !== undefined) return [words.slice(from, to), ...rest];
  }
  return undefined;
}

/** Where the name of a thing ends: "my old dog | is ill". */
const endsName =
  /^(?:i|you|he|she|it|we|they|is|are|was|were|am|has|have|had|do|does|did|not|will|would|can|cannot|could|should|to|in|on|at|of|for|from|by|with|about|as|when|because|since|that|who|which|where|and|or|so|if|than|last|today|yesterday|tomorrow|now|again|always|never|keeps?|got|gets?|makes?|made|says?|said|wants?|hates?|likes?|loves?|thinks?|died|left|went|tells?|told|never|just|really)$/;
const nameMost = 3;

function fitName(
  parts: string[],
  part: number,
  words: Word[],
  from: number,
): Word[][] | undefined {
  const ahead = words.slice(from, from + nameMost);
  const end = ahead.findIndex((word) => endsName.test(word.plain));
  const length = end === -1 ? ahead.length : end;
  if (length === 0) return undefined;
  const rest = fit(parts, part + 1, words, from + length);
  return rest && [words.slice(from, from + length), ...rest];
}

function isOneOf(wanted: string, word: string): boolean {
  if (wanted.startsWith("@")) return classes[wanted.slice(1)]!.has(word);
  return wanted.split("|").includes(word);
}

const set = (words: string) => new Set(words.split(" "));

const classes: Record<string, Set<string>> = {
  family: set(
    "mother father parents sister brother wife husband son daughter child children kids grandmother grandfather aunt uncle cousin family partner girlfriend boyfriend",
  ),
  sad: set(
    "sad unhappy depressed down low miserable lonely hurt heartbroken hopeless gloomy blue",
  ),
  glad: set(
    "happy glad cheerful great good fine well excited delighted proud wonderful fantastic okay ok relaxed content",
  ),
  afraid: set(
    "afraid scared frightened anxious nervous worried terrified stressed panicking",
  ),
  angry: set(
    "angry mad furious annoyed irritated frustrated upset cross offended",
  ),
  tired: set(
    "tired exhausted sleepy weary worn bored sick ill hungry cold hungover",
  ),
};
