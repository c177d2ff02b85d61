import { code, fenced, namesLanguage } from "./requests/code";
import { list, table } from "./requests/list";
import { numberOf, numberSource } from "./requests/numbers";
import { anyTopic, prose } from "./requests/prose";
import { picksFrom } from "./requests/random";
import { introduction, jokes, poems } from "./requests/recitals";

/** How much one reply holds at most: what is tried out here is the page, not its limits. */
export const most = { words: 20_000, items: 200, rows: 200, count: 2_000 };

/**
 * A plain request, understood: makes the reply when it is really needed.
 *
 * @param asked How often this kind of thing was asked for before, so that it comes out new.
 */
export type Request = { kind: string; reply(asked: number): string };

/** @param text The message in lower case. @param message As it was sent. */
type Reader = (text: string, message: string) => Request | false | undefined;

/**
 * What a message plainly asks for: a text of some length, a list, a table, code. `undefined` if it
 * is just talk.
 */
export function requestIn(message: string): Request | undefined {
  const looked = message.slice(0, 2_000).trim();
  const text = looked.toLowerCase().replaceAll(/\s+/g, " ");
  for (const read of readers) {
    const request = read(text, looked);
    if (request) return request;
  }
  return undefined;
}

const asks = String.raw`(?:write|give|show|tell|make|create|draw|say|generate|produce|print|compose|answer|reply|respond|use|list|name|suggest|can i (?:have|get|see)|i(?:'d| would) like|i want|i need)`;
/** Asks for a thing, in a sentence or by its bare name: `write a poem`, `another poem, please`. */
const asksFor = (thing: string) =>
  new RegExp(
    String.raw`\b${asks}\b.{0,60}?\b(?:${thing})\b|^(?:an? |some |another |one more |more |the next )?(?:${thing})(?:,? please)?[.!?]*$`,
  );

const wordCount = new RegExp(
  String.raw`\b${asks}\b.{0,60}?\b(${numberSource})[ -]words?\b`,
);
const countTo = new RegExp(
  String.raw`\bcount (?:from \w+ )?(?:up )?to (${numberSource})\b`,
);
const longText =
  /\b(?:long(?:er|est)?|lengthy|detailed)\b.{0,30}\b(?:answer|reply|response|text|story|tale|essay|message|article|poem)\b|\b(?:write|talk|answer) (?:a lot|at length)\b|\b(?:write|give) .{0,20}\bessay\b/;
const story = asksFor("story|stories|tale|fairy ?tale");
const listOf = asksFor("lists?|bullets?|bullet points|checklist");
const listCount = new RegExp(
  String.raw`^(?:please )?(?:can you |could you )?(?:list|name|give me|tell me|show me|suggest|write)(?: me| of)?(?: a list of)? (${numberSource}) (?!words?\b|rows?\b|more words)([\p{L}].*)$`,
  "u",
);
const tableOf = asksFor("tables?|grid|spreadsheet");
const rows = new RegExp(String.raw`\b(${numberSource})[ -]rows?\b`);
const codeOf = asksFor(
  "code|program|script|function|snippet|source|fence|algorithm|query|hello,? world|regex",
);
const codeIn = /\b(?:code|program|script|function|snippet|hello,? world)\b/;
const poem = asksFor("poem|verse|haiku|rhyme");
const joke = asksFor("joke|pun");
const everyFormat =
  /\b(?:markdown|formatting|every format|all formats|rich text)\b/;
const echo =
  /^(?:please )?(?:repeat after me|repeat|say|echo)(?: the words?)?[:,]? +(.+)$/is;
const surprise =
  /^(?:(?:please )?(?:tell me|say|do|write|show me) something\b.{0,30}|entertain me|surprise me|i(?:'m| am) bored)[.!?]*$/;
const abilities =
  /\b(?:what (?:all )?(?:can|could|do) (?:you|u|eliza) (?:do|offer|know how to do)|what are you (?:able|good|capable|for)\b|how (?:do|can) (?:i|you) (?:use|work|operate)|what can i (?:ask|say|do|try))|^\/?(?:help|commands?|menu|options|usage|\?)$|^help me get started/;

const readers: Reader[] = [
  (text) => abilities.test(text) && said("abilities", introduction),
  (text) => {
    const words = wordCount.exec(text)?.[1];
    return words !== undefined && aText(text, bounded(words, most.words));
  },
  (text) => {
    const to = countTo.exec(text)?.[1];
    return to !== undefined && numbersTo(bounded(to, most.count));
  },
  (text) => everyFormat.test(text) && said("formats", [showcase()]),
  (text) =>
    tableOf.test(text) && said("table", [table(topicOf(text), rowsOf(text))]),
  (text) => isListOf(text),
  (text) =>
    (codeOf.test(text) || (codeIn.test(text) && namesLanguage(text))) &&
    said("code", [code(text)]),
  (text) => longText.test(text) && aText(text, 400),
  (text) => story.test(text) && aText(text, 180),
  (text) => poem.test(text) && said("poem", poems),
  (text) =>
    (joke.test(text) || /\bmake me laugh\b/.test(text)) && said("joke", jokes),
  (text) => surprise.test(text) && said("surprise", [...poems, ...jokes]),
  (_text, message) => {
    const words = echo.exec(message)?.[1];
    return (
      words !== undefined &&
      !/^(?:something|that)\b/i.test(words) &&
      said("echo", [words])
    );
  },
];

function said(kind: string, texts: readonly string[]): Request {
  return { kind, reply: (asked) => texts[asked % texts.length]! };
}

function bounded(number: string, limit: number): number {
  return Math.min(Math.max(numberOf(number), 1), limit);
}

function aText(text: string, words: number): Request {
  return {
    kind: "text",
    reply: (asked) => {
      const seed = `${text} ${asked}`;
      return prose(words, topicOf(text, anyTopic(seed)), seed);
    },
  };
}

function numbersTo(to: number): Request {
  const numbers = Array.from({ length: to }, (_, index) => index + 1);
  return said("count", [`${numbers.join(", ")}.`]);
}

function isListOf(text: string): Request | undefined {
  const counted = listCount.exec(text);
  const asked = counted !== null || listOf.test(text);
  if (!asked) return undefined;
  const anywhere = new RegExp(String.raw`\b(${numberSource})\b`).exec(text);
  const count = counted?.[1] ?? anywhere?.[1] ?? "five";
  const topic = topicOf(text, counted?.[2]);
  const numbered = /number|ordered|\bsteps?\b|\branked?\b/.test(text);
  return said("list", [list(topic, bounded(count, most.items), numbered)]);
}

function rowsOf(text: string): number {
  return bounded(rows.exec(text)?.[1] ?? "five", most.rows);
}

/** What follows "about", "of" or "on", as short as a heading. */
function topicOf(text: string, otherwise = "this and that"): string {
  const about =
    /\b(?:about|on|regarding|of|for|with) (?!(?:exactly |about |at least )?(?:\d|me\b|it\b|words|rows))([^.,;:!?\n]{2,80})/.exec(
      text.replaceAll(
        new RegExp(
          String.raw`\b(?:with |of )?(?:${numberSource})[ -](?:words?|rows?|columns?)\b`,
          "g",
        ),
        "",
      ),
    );
  return turnedAround(
    (about?.[1] ?? otherwise).replaceAll(/[|`*_<>[\]]/g, "").trim() ||
      otherwise,
  );
}

const turned: Record<string, string> = {
  my: "your",
  your: "my",
  me: "you",
  you: "me",
};

function turnedAround(topic: string): string {
  return topic.replaceAll(/\b(?:my|your|me|you)\b/g, (word) => turned[word]!);
}

/** One of everything that a page must be able to show. */
function showcase(): string {
  return [
    "# A heading",
    "Some text with **bold**, *italic*, `code` and [a link](https://example.com/).",
    "## A smaller heading",
    "> A quotation,\n> over two lines.",
    list("colours", 3, false),
    list("steps", 3, true),
    "- an item\n  - and one inside it\n  - and another",
    table("fruit", 3),
    fenced("javascript", 'console.log("Hello");'),
    "---",
    `The last line${picksFrom("last").one([".", "!"])}`,
  ].join("\n\n");
}
