/** A word of the visitor's, as rules compare it and as a reply shows it. */
export interface Word {
  plain: string;
  shown: string;
}

/** More than this of one message is never looked at: rules only need a sentence. */
const maxLooked = 4_000;

/** Short and careless spellings, so that one rule serves them all. */
const spellings = new Map<string, string>(
  Object.entries({
    "i'm": "i am",
    im: "i am",
    "i've": "i have",
    ive: "i have",
    "i'd": "i would",
    "i'll": "i will",
    "you're": "you are",
    youre: "you are",
    "you've": "you have",
    "you'd": "you would",
    "you'll": "you will",
    "he's": "he is",
    "she's": "she is",
    "it's": "it is",
    "we're": "we are",
    "they're": "they are",
    "that's": "that is",
    thats: "that is",
    "what's": "what is",
    whats: "what is",
    "who's": "who is",
    "where's": "where is",
    "how's": "how is",
    "there's": "there is",
    "let's": "let us",
    "don't": "do not",
    dont: "do not",
    "doesn't": "does not",
    doesnt: "does not",
    "didn't": "did not",
    didnt: "did not",
    "isn't": "is not",
    isnt: "is not",
    "aren't": "are not",
    "wasn't": "was not",
    "can't": "cannot",
    cant: "cannot",
    "couldn't": "could not",
    "won't": "will not",
    wont: "will not",
    "wouldn't": "would not",
    "shouldn't": "should not",
    "haven't": "have not",
    "hasn't": "has not",
    u: "you",
    ur: "your",
    r: "are",
    pls: "please",
    plz: "please",
    thx: "thanks",
    ty: "thanks",
    gonna: "going to",
    wanna: "want to",
    gotta: "have to",
    cuz: "because",
    cos: "because",
    mum: "mother",
    mom: "mother",
    dad: "father",
  }),
);

/** A message as clauses of words: rules look at one clause at a time. */
export function clausesOf(message: string): Word[][] {
  const text = message.slice(0, maxLooked).replaceAll(/[‘’ʼ]/gu, "'");
  const shouts = text === text.toUpperCase();
  return text
    .split(/[.,;:!?()"“”\n]+|\s[-–—]+\s|\bbut\b/iu)
    .map((clause) => wordsOf(clause, shouts))
    .filter((words) => words.length > 0);
}

function wordsOf(clause: string, shouts: boolean): Word[] {
  const raw = clause.match(/[\p{L}\p{N}'_+#-]+/gu) ?? [];
  return raw.slice(0, 80).flatMap((word, index) => {
    const plain = word.toLowerCase();
    const spelled = spellings.get(plain);
    if (spelled !== undefined) return spelled.split(" ").map(asTyped);
    // A capital inside a sentence is a name's, and stays; the first word's may be grammar's.
    return [{ plain, shown: shouts || index === 0 ? plain : word }];
  });
}

function asTyped(word: string): Word {
  return { plain: word, shown: word };
}

/** The whole message in lower case, single spaces, without punctuation. */
export function plainText(message: string): string {
  return clausesOf(message)
    .flat()
    .map((word) => word.plain)
    .join(" ");
}

const mirrored = new Map<string, string>(
  Object.entries({
    i: "you",
    me: "you",
    my: "your",
    mine: "yours",
    myself: "yourself",
    your: "my",
    yours: "mine",
    yourself: "myself",
    we: "you",
    us: "you",
    our: "your",
    ours: "yours",
  }),
);

const mirroredPairs = new Map<string, string>(
  Object.entries({
    "i am": "you are",
    "am i": "are you",
    "i was": "you were",
    "was i": "were you",
    "you are": "I am",
    "are you": "am I",
    "you were": "I was",
    "were you": "was I",
    "eliza is": "I am",
  }),
);

/** After these, or at the end, a visitor's "you" is the object: "me". */
const beforeObject =
  /^(?:to|for|with|of|about|at|by|from|than|like|love|hate|tell|told|ask|asked|help|see|know|need|want|trust|believe|hear|understand|thank|miss|on|told|teach|give|show|make|find)$/;

/** Turns what the visitor said around: "my dog and I" becomes "your dog and you". */
export function reflect(words: Word[]): string {
  const turned: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const here = words[at]!;
    const next = words[at + 1];
    const pair = next && mirroredPairs.get(`${here.plain} ${next.plain}`);
    if (pair !== undefined) {
      turned.push(pair);
      at++;
    } else if (here.plain === "you") {
      turned.push(youTurned(words[at - 1], next));
    } else {
      turned.push(mirrored.get(here.plain) ?? here.shown);
    }
  }
  return turned.join(" ");
}

function youTurned(before: Word | undefined, next: Word | undefined): string {
  if (next === undefined) return "me";
  return before && beforeObject.test(before.plain) ? "me" : "I";
}
