import { picksFrom } from "./random";

const pools: [RegExp, string][] = [
  [
    /colou?r/,
    "red,orange,yellow,green,blue,indigo,violet,turquoise,ochre,crimson,ivory,charcoal,olive,coral,teal",
  ],
  [
    /fruit/,
    "apple,pear,plum,cherry,quince,fig,orange,lemon,mango,apricot,peach,grape,melon,raspberry,currant",
  ],
  [
    /vegetable/,
    "carrot,leek,beetroot,pea,spinach,onion,celery,cabbage,turnip,aubergine,pumpkin,fennel,radish",
  ],
  [
    /animal|pet/,
    "hedgehog,otter,heron,badger,lynx,tortoise,fox,owl,seal,hare,stork,beaver,marten,newt,crane",
  ],
  [
    /cit(?:y|ies)|town|place/,
    "Lisbon,Nairobi,Kyoto,Montevideo,Tallinn,Marrakesh,Valparaíso,Hobart,Ghent,Hanoi,Reykjavík,Accra",
  ],
  [
    /countr/,
    "Portugal,Kenya,Japan,Uruguay,Estonia,Morocco,Chile,Iceland,Ghana,Vietnam,Belgium,Nepal",
  ],
  [
    /name/,
    "Ada,Bruno,Clara,Dmitri,Esther,Farid,Greta,Hugo,Imani,Jonas,Keiko,Liam,Maren,Noor,Otto",
  ],
  [/planet/, "Mercury,Venus,Earth,Mars,Jupiter,Saturn,Uranus,Neptune"],
  [
    /book|title|stor/,
    "The Borrowed Orchard,A Year of Thursdays,Salt and Paper,The Unfinished Bridge,Letters to a Lighthouse,Half a Map,The Quiet Engine",
  ],
  [
    /food|dish|meal|recipe/,
    "lentil soup,mushroom risotto,fish pie,aubergine curry,potato salad,onion tart,bean stew,apple crumble",
  ],
];

const general = [
  "what it looks like early in the morning",
  "who noticed it first",
  "how much of it fits on a page",
  "what it used to be called",
  "the part that everybody forgets",
  "the sound it makes when nobody listens",
  "a reason to keep it",
  "a reason to let it go",
  "what a child would ask about it",
  "the smallest example",
  "where it leads in the end",
  "what it costs",
];

/** Things for a list about a topic, as many as are wanted; they start again, numbered, when used up. */
function thingsAbout(topic: string, count: number): string[] {
  const pool = poolFor(topic);
  const first = picksFrom(`${topic} list`).one(pool.map((_, index) => index));
  return Array.from({ length: count }, (_, index) => {
    const thing = pool[(first + index) % pool.length]!;
    const round = Math.floor(index / pool.length);
    return round === 0 ? thing : `${thing} (${round + 1})`;
  });
}

function poolFor(topic: string): string[] {
  const found = pools.find(([pattern]) => pattern.test(topic.toLowerCase()));
  return found ? found[1].split(",") : general;
}

/** A Markdown list, with a sentence before it. */
export function list(topic: string, count: number, numbered: boolean): string {
  const items = thingsAbout(topic, count).map(
    (thing, index) => `${numbered ? `${index + 1}.` : "-"} ${capital(thing)}`,
  );
  return `Here is a list of ${count}, on ${topic}:\n\n${items.join("\n")}`;
}

/** A Markdown table, with a sentence before it. */
export function table(topic: string, rows: number): string {
  const picks = picksFrom(`${topic} table`);
  const lines = thingsAbout(topic, rows).map((thing, index) => {
    const mood = picks.one(["calm", "bright", "odd", "plain", "rare"]);
    const count = picks.one([1, 2, 3, 5, 8, 13, 21, 34]);
    return `| ${index + 1} | ${capital(thing)} | ${mood} | ${count} |`;
  });
  return [
    `Here is a table of ${rows} rows, on ${topic}:`,
    "",
    "| No. | What | Mood | Count |",
    "| ---: | --- | --- | ---: |",
    ...lines,
  ].join("\n");
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
