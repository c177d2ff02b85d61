import { LRUCache } from "lru-cache";
import type { Text } from "./catalogue";
import { en } from "./en";
import type { Sentence, Value } from "./translation";

/** Sentences of records and event streams, which have them in English alone. */
const recorded = Object.entries<Text>(en).filter(([key]) =>
  /^(reason|storage)\.|^problem\.(replyNotSaved|unexpected)$/.test(key),
);

const formsOf = (text: Text): string[] =>
  typeof text === "string" ? [text] : Object.values(text);

const whole = new Map<string, string>();
const patterns: { key: string; pattern: RegExp }[] = [];

for (const [key, text] of recorded) {
  for (const form of formsOf(text)) {
    if (form.includes("{")) patterns.push({ key, pattern: toPattern(form) });
    else whole.set(form, key);
  }
}

/** `Wait {time}.` becomes `^Wait (?<time>.+)\.$`. */
function toPattern(text: string): RegExp {
  const source = text
    .split(/(\{\w+\})/)
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined)
        return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return name === "count" ? "(?<count>\\d+)" : `(?<${name}>.+)`;
    })
    .join("");
  return new RegExp(`^${source}$`, "s");
}

/** A conversation shows the same few sentences again and again. */
const found = new LRUCache<string, { sentence: Sentence | undefined }>({
  max: 500,
});

/** Longer than any of ours. */
const LONGEST = 1_000;

/**
 * The sentence whose English text this is; `undefined` if it is none of ours. Records keep the text alone, so that
 * every version of the program can show it.
 */
export function findSentence(text: string): Sentence | undefined {
  if (text.length > LONGEST) return undefined;
  let known = found.get(text);
  if (!known) found.set(text, (known = { sentence: search(text) }));
  return known.sentence;
}

function search(text: string): Sentence | undefined {
  const key = whole.get(text);
  if (key !== undefined) return { key };
  for (const { key: candidate, pattern } of patterns) {
    const groups = pattern.exec(text)?.groups;
    if (!groups) continue;
    const values = Object.entries(groups).map(([name, value]) => [
      name,
      name === "count"
        ? Number(value)
        : ((findSentence(value) ?? value) as Value),
    ]);
    return {
      key: candidate,
      values: Object.fromEntries(values) as Record<string, Value>,
    };
  }
  return undefined;
}
