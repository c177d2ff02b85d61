/**
 * The script, in the manner of 1966: keywords by rank, the patterns of each, and the replies for
 * each pattern, used in turn. `*` stands for any words, `a|b` for one of several, and `{2}` for the
 * second of these, with its pronouns swapped.
 */
export const script = `
suicide kill die
  * kill|hurt|suicide|die *
    I am only a small program, and this matters. Please call your local emergency number or a crisis line.
dream dreamt dreamed dreams
  * i dreamt|dreamed|dream of|about|that *
    What does it suggest to you that you dreamt {3} {4}?
    Have you thought of {4} while you were awake?
    What else was there besides {4}?
remember
  * remember *
    Do you often think of {2}?
    What else does {2} bring to mind?
computer computers machine machines program bot ai eliza
  *
    Do machines worry you?
    What do you think machines have to do with it?
    I am a small program in the manner of 1966: I have rules, and no opinions.
mother father sister brother wife husband son daughter family
  * my mother|father|sister|brother|wife|husband|son|daughter|family *
    Tell me more about your {2}.
    How do you get along with your {2}?
    What do you think of when you think of your {2}?
my
  * my *
    Why do you mention your {2}?
    What does it mean to you that your {2}?
    Is it important to you that your {2}?
i
  * i want|need *
    What would it mean to you if you got {3}?
    Why do you {2} {3}?
  * i am|feel sad|unhappy|tired|lonely|ill|afraid|anxious|angry|lost *
    I am sorry to hear that you are {3}.
    How long have you been {3}?
    What would help you to feel less {3}?
  * i am|feel *
    Did you come to me because you are {3}?
    How long have you been {3}?
    Do you believe it is normal to be {3}?
  * i cannot *
    How do you know that you can't {2}?
    Have you tried to {2}?
  * i think|believe|know *
    Why do you {2} so?
    What if it were not so?
  * i * you *
    Perhaps, in your fantasy, we {2} each other.
    Do you {2} anyone else?
  * i *
    You say that you {2}?
    Can you say more about that?
    Why do you say that you {2}?
you your
  * you are *
    What makes you think that I am {2}?
    Perhaps you would like to be {2}.
  * are you *
    Would it matter to you if I were {2}?
    Why do you ask whether I am {2}?
  *
    We were talking about you, not about me.
    What is it about me that interests you?
what how why who where when
  *
    Why do you ask?
    What answer would please you the most?
    What do you think?
yes yeah ok no nope
  *
    You seem quite sure.
    I see. Go on.
hello hi hey
  *
    Hello. What is on your mind?
    Hi. What would you like to talk about?
    Good to see you. How do you feel today?
`;

/** For later, when no keyword fits: made of each `my …`. */
export const memories = [
  "Let's go back to what you said earlier: your {2}.",
  "Does that have anything to do with your {2}?",
];

export const fallbacks = [
  "Please go on.",
  "What does that suggest to you?",
  "Do you feel strongly about such things?",
  "Tell me more. Or ask me for a long text, a list, a table or some code.",
];

export const spellings: Record<string, string> = {
  "i'm": "i am",
  "i've": "i have",
  "you're": "you are",
  "can't": "cannot",
  "don't": "do not",
};

export const swaps: Record<string, string> = {
  "i am": "you are",
  "am i": "are you",
  "you are": "I am",
  "are you": "am I",
  i: "you",
  me: "you",
  my: "your",
  you: "I",
  your: "my",
};

/** Sentences for a text on request. `{…}` picks from the words below, but for the topic. */
export const sentences = [
  "{time}, {person} found {thing} near {place}.",
  "It was said in the town that {topic} had begun in just that way.",
  '"You can\'t keep that here," said {person}, and hid {thing}.',
  "{time} the talk at {place} turned to {topic} again.",
  "It took a whole day to reach {place}, and half of another to come back.",
  "If there is anything to learn from {topic}, it is to look twice.",
];

export const parts: Record<string, string[]> = {
  time: ["That evening", "Years later", "Shortly after the rain", "In March"],
  person: ["the keeper", "a clockmaker", "the last ferryman", "a young baker"],
  place: ["the harbour", "the old library", "the market", "the quiet station"],
  thing: ["a brass key", "a blue notebook", "an old atlas", "a broken clock"],
};

export const code = `def primes(limit):
    """All primes below a limit."""
    return [n for n in range(2, limit) if all(n % d for d in range(2, n))]


print(primes(50))`;
