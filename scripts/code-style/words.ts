import type { Text } from "./texts";

/** A comment that opens with such a word hides its actor behind a relative clause. */
const RELATIVE_OPENING =
  /^(?:What|Who|Whoever|Whose|Whether|How|Of|Where|Those|That|One|Which)\b/;

export const opensWithRelative = ({ text }: Text): boolean =>
  RELATIVE_OPENING.test(text);

/** Each with the word to write instead; docs/glossary.md has the vocabulary. */
const FORBIDDEN: [pattern: RegExp, instead: string][] = [
  [/\bwho(?:so)?ever\b/i, "name the actor: the client, another process"],
  [/\b(?:some|no)body\b/i, "name the actor: a client, no process"],
  [/\bthose who\b/i, "name the actors: clients, watchers, processes"],
  [/\banew\b/i, "again"],
  [/\bfor ever\b/i, "permanently"],
  [/\bmend(?:s|ed|ing)?\b/i, "fix, repair"],
  [/\bsigns? of life\b/i, "heartbeat"],
  [/\bcaretakers?\b/i, "supervisor"],
  [/\bha(?:s|ve) (?:its|their) way\b/i, "wins, win"],
  [/\bgo(?:es)? on with\b/i, "continue"],
  [/\bexclusive log\b/i, "append log"],
  [/\blook(?:s|ed|ing)? after\b/i, "monitor"],
  [/\bsecond try\b/i, "retry"],
];

export const MAX_WORDS = 30;

export interface Finding {
  where: string;
  finding: string;
}

/** Forbidden words and overlong sentences of a text. */
export function findings(text: Text): Finding[] {
  const prose = withoutCode(text.text);
  const where = `${text.file}:${text.line}`;
  const words = FORBIDDEN.flatMap(([pattern, instead]) => {
    const word = pattern.exec(prose)?.[0];
    return word ? [{ where, finding: `"${word}": write ${instead}` }] : [];
  });
  const long = sentences(prose)
    .filter((sentence) => countWords(sentence) > MAX_WORDS)
    .map((sentence) => ({
      where,
      finding: `${countWords(sentence)} words: ${sentence.slice(0, 80)}…`,
    }));
  return [...words, ...long];
}

/** The sentences of comments and documents: list items, headings and JSDoc tags end one, too. */
export function sentences(prose: string): string[] {
  return prose
    .split(/\n\s*\n|\n(?=\s*(?:[-*+] |\d+[.)] |@|#|>|\||[A-Z_]{4,}|\S.* {2,}))/)
    .flatMap((block) =>
      block.replaceAll(/\s+/g, " ").split(/(?<=[.!?:;])["”)*_]*\s/),
    )
    .map((sentence) => sentence.trim())
    .filter(Boolean);
}

const countWords = (sentence: string): number =>
  sentence.split(" ").filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

const withoutCode = (text: string): string =>
  text
    .replaceAll(/```[\s\S]*?```/g, "")
    .replaceAll(/`[^`]*`/g, "code")
    .replaceAll(/\]\([^)]*\)/g, "]")
    .replaceAll(/https?:\/\/\S+/g, "address");
