import { type Picks, picksFrom } from "./random";

const people = [
  "the keeper",
  "a retired clockmaker",
  "the night porter",
  "a girl with a red umbrella",
  "the last ferryman",
  "an apprentice baker",
  "the mayor's gardener",
  "a travelling piano tuner",
];
const places = [
  "the harbour",
  "the old library",
  "a station without a timetable",
  "the hill behind the town",
  "the quiet end of the market",
  "a kitchen that smelled of oranges",
  "the attic of the school",
];
const things = [
  "a letter without a stamp",
  "a brass key",
  "an atlas with one page missing",
  "a jar of grey buttons",
  "a photograph of somebody's hands",
  "a clock that ran backwards on Sundays",
  "a small blue notebook",
];
const times = [
  "That evening",
  "In the second week of March",
  "Long before anyone noticed",
  "Shortly after the rain",
  "On the following Thursday",
  "When the lamps were lit",
  "Years later",
];
const deeds = [
  "found",
  "hid",
  "mended",
  "sold",
  "described",
  "lost",
  "drew",
  "counted again",
];
const manners = [
  "without a word",
  "as carefully as one carries soup",
  "more than once",
  "for no reason at all",
  "with great patience",
  "and told nobody",
];

type Sentence = (picks: Picks, topic: string) => string;

const sentences: Sentence[] = [
  (p) =>
    `${p.one(times)}, ${p.one(people)} ${p.one(deeds)} ${p.one(things)} near ${p.one(places)}.`,
  (_, topic) =>
    `It was said in the town that ${topic} had begun in just that way.`,
  (_, topic) =>
    `Nobody who knew ${topic} would have been surprised, and nobody said so.`,
  (p) =>
    `"You can't keep that here," said ${p.one(people)}, and kept ${p.one(things)} ${p.one(manners)}.`,
  (p, topic) =>
    `${p.one(times)} the talk at ${p.one(places)} turned to ${topic} again.`,
  (p) =>
    `There was ${p.one(things)} on the table, and beside it ${p.one(things)}.`,
  (p) =>
    `It took a whole day to reach ${p.one(places)}, and half of another to come back.`,
  (_, topic) =>
    `Some think of ${topic} as a question; others, as an answer that came too early.`,
  (p) => `So ${p.one(people)} waited ${p.one(manners)}.`,
  (p) =>
    `What remained was ${p.one(things)}, which ${p.one(people)} ${p.one(deeds)} ${p.one(manners)}.`,
  (_, topic) =>
    `If there is anything to learn from ${topic}, it is to look twice.`,
  (p) =>
    `At ${p.one(places)} the wind had moved every chair by the width of a hand.`,
];

const topics = [
  "the lighthouse",
  "the unfinished bridge",
  "the winter without snow",
  "the borrowed orchard",
];

/** What a text is about when nobody said. */
export function anyTopic(seed: string): string {
  return picksFrom(seed).one(topics);
}

/** Paragraphs of exactly so many words, about a topic. */
export function prose(words: number, topic: string, seed: string): string {
  const picks = picksFrom(seed);
  const paragraphs: string[] = [];
  let left = words;
  while (left > 0) {
    const beginning = paragraphs.length === 0 ? opening(picks, topic) : [];
    const paragraph = paragraphOf(picks, topic, left, beginning);
    left -= paragraph.length;
    paragraphs.push(paragraph.join(" "));
  }
  return paragraphs.join("\n\n");
}

/** Says at once what the text is about. */
function opening(picks: Picks, topic: string): string[] {
  return `About ${topic} there is a story that ${picks.one(people)} used to tell.`.split(
    " ",
  );
}

const sentencesInParagraph = [4, 5, 6, 7];

function paragraphOf(
  picks: Picks,
  topic: string,
  most: number,
  beginning: string[],
): string[] {
  const words = [...beginning];
  let last: Sentence | undefined;
  for (let left = picks.one(sentencesInParagraph); left > 0; left--) {
    const rest = sentences.filter((sentence) => sentence !== last);
    last = picks.one(rest);
    words.push(...capitalized(last(picks, topic)).split(" "));
  }
  return words.length <= most ? words : cut(words, most);
}

/** The first words, ended as a sentence ends. */
function cut(words: string[], most: number): string[] {
  const kept = words.slice(0, most);
  const last = kept.pop() ?? "";
  return [...kept, `${last.replace(/[.,;"?!]+$/, "")}.`];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
