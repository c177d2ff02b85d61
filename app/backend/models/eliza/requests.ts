import { code, parts, sentences } from "./script";
import { translated } from "./translated-requests";

/** A sample that was asked for. Those of one kind are counted, so that the next one differs. */
export interface Request {
  kind: string;
  reply(askedBefore: number): string;
}

const MAX_WORDS = 20_000;
const MAX_COUNT = 2_000;
const MAX_ITEMS = 200;

const count = String.raw`(\d[\d,]*|one|two|three|four|five|six|seven|eight|nine|ten)`;
const asksFor = (thing: string) =>
  new RegExp(
    String.raw`\b(?:write|give|show|tell|make|create|list|name|answer)\b.{0,60}?${thing}\b`,
  );
const words = asksFor(String.raw`\b${count}[ -]words?`);
const countTo = new RegExp(
  String.raw`(?:${either(/\bcount (?:up )?to/, translated.count)}) ${count}\b`,
  "u",
);
const items = new RegExp(String.raw`\b${count}\b`);
const table = new RegExp(
  either(asksFor(String.raw`\btables?`), translated.table),
);
const list = new RegExp(
  String.raw`${asksFor(String.raw`\b(?:lists?|bullets?)`).source}|^(?:list|name) ${count}\b`,
);
const program = new RegExp(
  either(
    asksFor(String.raw`\b(?:code|program|script|function|snippet)`),
    translated.code,
  ),
);
const longText = new RegExp(
  either(asksFor(String.raw`\b(?:long|story|essay|poem)`), translated.long),
);
const topicPattern = new RegExp(
  `(?:${either(/\b(?:about|of|on)/, translated.topic)}) ${/(?!\d)([^.,;:!?|`*_<>[\]\n]{2,80})/.source}`,
  "u",
);

function either(english: RegExp, other: RegExp): string {
  return `${english.source}|${other.source}`;
}

/** Reads what a message plainly asks for; `undefined` if it is just talk. */
export function requestIn(message: string): Request | undefined {
  const text = message.slice(0, 2_000).trim().toLowerCase();
  const topic =
    topicPattern
      .exec(text)?.[1]
      ?.replace(/ with .*/, "")
      .trim() ?? "this and that";
  const amount = (pattern: RegExp, most: number) =>
    Math.min(Math.max(toNumber(pattern.exec(text)?.[1]), 1), most);
  if (words.test(text)) return prose(amount(words, MAX_WORDS), topic, text);
  if (countTo.test(text)) {
    const to = amount(countTo, MAX_COUNT);
    const numbers = Array.from({ length: to }, (_, index) => index + 1);
    return { kind: "count", reply: () => `${numbers.join(", ")}.` };
  }
  if (table.test(text)) return tableOf(amount(items, MAX_ITEMS));
  if (list.test(text)) return listOf(amount(items, MAX_ITEMS));
  if (program.test(text)) {
    const reply = `Here is a little code:\n\n\`\`\`python\n${code}\n\`\`\`\n\nI can't run it, only recite it.`;
    return { kind: "code", reply: () => reply };
  }
  return longText.test(text) ? prose(400, topic, text) : undefined;
}

const names = "zero one two three four five six seven eight nine ten".split(
  " ",
);

function toNumber(text = "five"): number {
  const named = names.indexOf(text);
  return named === -1 ? Number(text.replaceAll(",", "")) : named;
}

function prose(length: number, topic: string, seed: string): Request {
  return {
    kind: "text",
    reply: (askedBefore) => {
      const pick = createPicker(`${seed} ${askedBefore}`);
      const fill = (sentence: string) =>
        capital(
          sentence.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
            name === "topic" ? topic : pick(parts[name]!),
          ),
        ).split(" ");
      const all = fill("About {topic} there is a story that {person} tells.");
      for (let number = 1; all.length < length; number++) {
        const [first = "", ...rest] = fill(pick(sentences));
        all.push(number % 6 === 0 ? `\n\n${first}` : first, ...rest);
      }
      const text = all.slice(0, length).join(" ").replaceAll(" \n", "\n");
      return `${text.replace(/[.,;"?!]+$/, "")}.`;
    },
  };
}

function itemsOf(length: number): string[] {
  const all = Object.values(parts).slice(1).flat();
  return Array.from({ length }, (_, index) =>
    capital(all[(index * 5) % all.length]!),
  );
}

function listOf(length: number): Request {
  const lines = itemsOf(length).map((item) => `- ${item}`);
  const text = `Here is a list of ${length}, whatever the topic, with words from my stories:\n\n${lines.join("\n")}`;
  return { kind: "list", reply: () => text };
}

function tableOf(rows: number): Request {
  const lines = itemsOf(rows).map(
    (item, index) => `| ${index + 1} | ${item} | ${(index * 7) % 10} |`,
  );
  const text = `Here is a table of ${rows} rows, whatever the topic, with words from my stories:\n\n| No. | Item | Count |\n| ---: | --- | ---: |\n${lines.join("\n")}`;
  return { kind: "table", reply: () => text };
}

/** Picks that are always the same for the same seed (FNV-1a, then an LCG). */
function createPicker(seed: string): <T>(from: readonly T[]) => T {
  let state = 0x811c9dc5;
  for (const unit of Buffer.from(seed)) {
    state = Math.imul(state ^ unit, 0x01000193);
  }
  return (from) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return from[(state >>> 16) % from.length]!;
  };
}

export const capital = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1);
