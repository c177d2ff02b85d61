/**
 * Estimates the number of tokens; callers leave a margin. Models have different tokenizers, and the
 * vocabulary of one takes some 90 MB of memory. Compared to OpenAI's `o200k_base`, the estimate is
 * within 25 % for prose in fourteen languages and source code.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [run] of text.matchAll(runs)) tokens += tokensOf(run);
  return Math.ceil(tokens);
}

/** An upper bound of {@link estimateTokens}, from the length alone: emoji have the most, 2.5 for two units. */
export const mostTokens = (text: string): number => 1.25 * text.length + 1;

/** Tokens don't cross the borders of words, numbers, white space and punctuation. */
const runs =
  /\p{Script=Latin}+|\d+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]+|[\p{L}\p{M}]+|[^\S\n]+|\n+|[!-/:-@[-`{-~]+|[^]/gu;

function tokensOf(run: string): number {
  if (/^ $/.test(run)) return 0; // a single space belongs to the word after it
  if (/^[^\S\n]+$/.test(run)) return 1;
  if (run.startsWith("\n")) return 1;
  if (/^[a-z]/i.test(run)) return latinWord(run);
  if (/^\d/.test(run)) return Math.ceil(run.length / 3);
  if (/^[!-~]/.test(run)) return Math.ceil(run.length / 2.2);
  if (/^\p{Script=Latin}/u.test(run)) return latinWord(run);
  if (/^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(run)) {
    return run.length * 0.85;
  }
  if (/^\p{Script=Hangul}/u.test(run)) return run.length * 0.72;
  if (/^\p{Script=Thai}/u.test(run)) return run.length * 0.42;
  if (/^\p{Script=Cyrillic}/u.test(run)) return Math.max(1, run.length / 3.6);
  if (/^\p{L}/u.test(run)) return Math.max(1, run.length / 2.8);
  return run.length > 1 ? 2.5 : 1;
}

/** Common words are one token; long ones, and those with inner capitals, are several. */
function latinWord(word: string): number {
  const lettersInToken = /[^a-z]/i.test(word) ? 2.7 : 6.5;
  const pieces = word.match(/\p{Lu}?\p{Ll}+|\p{Lu}+/gu) ?? [word];
  return pieces.reduce(
    (sum, piece) => sum + Math.max(1, piece.length / lettersInToken),
    0,
  );
}
