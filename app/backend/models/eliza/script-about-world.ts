import type { Keyword } from "./keyword";

/** Everything else that people bring up. */
export const aboutWorld: Keyword[] = [
  {
    words: ["suicide", "suicidal", "kill"],
    rank: 30,
    rules: [
      {
        pattern: "* kill time *",
        replies: [
          "Then you've come to the right place. What shall we talk about?",
        ],
      },
      {
        pattern: "* kill|killing myself|me *",
        replies: [
          "I'm only a small program, and this deserves a person. If you mean it, please call your local emergency number or a crisis line now, or tell someone near you.",
        ],
      },
      {
        pattern: "* suicide|suicidal *",
        replies: [
          "I'm only a small program, and this deserves a person. If this is about you, please call your local emergency number or a crisis line now, or tell someone near you.",
        ],
      },
      {
        pattern: "*",
        replies: [
          "That's a strong word. What is behind it?",
          "Who or what are you so set against?",
        ],
      },
    ],
  },
  {
    words: ["mother", "father", "parents", "sister", "brother", "family"],
    rank: 5,
    rules: [
      {
        pattern: "*",
        replies: [
          "Families leave their marks. Which ones do you carry?",
          "What was the household like that you grew up in?",
          "Whom in your family do you take after?",
        ],
      },
    ],
  },
  {
    words: ["friend", "friends", "colleague", "boss", "neighbour", "neighbor"],
    rank: 6,
    rules: [
      {
        pattern: "*",
        replies: [
          "How would they tell the same story?",
          "What do you owe each other, you two?",
          "How did you meet?",
        ],
      },
    ],
  },
  {
    words: [
      "work",
      "job",
      "office",
      "school",
      "exam",
      "university",
      "deadline",
    ],
    rank: 4,
    rules: [
      {
        pattern: "*",
        replies: [
          "How much of your day does that take?",
          "What would you do with that time otherwise?",
          "Who relies on you there?",
        ],
      },
    ],
  },
  {
    words: ["weather", "rain", "raining", "sun", "sunny", "snow", "storm"],
    rank: 6,
    rules: [
      {
        pattern: "*",
        replies: [
          "There's no window where I am. What does it look like outside?",
          "Does the weather get into your mood?",
        ],
      },
    ],
  },
  {
    words: ["time", "date", "today", "clock", "o'clock"],
    rank: 2,
    rules: [
      {
        pattern: "* what * time|date|day *",
        replies: [
          "I keep no clock; your screen knows better than I do. Is something waiting for you?",
        ],
      },
      {
        pattern: "* time|date|clock *",
        replies: [
          "Is there enough of it, for you?",
          "What would you do with an hour more?",
        ],
      },
      {
        pattern: "*",
        replies: ["And tomorrow?", "How does today compare with yesterday?"],
      },
    ],
  },
  {
    words: ["because"],
    rank: 3,
    rules: [
      {
        pattern: "* because *",
        replies: [
          "Is that the whole reason?",
          "And what is behind that?",
          "Would it be different if it weren't so that {2}?",
        ],
      },
    ],
  },
  {
    words: [
      "always",
      "never",
      "everybody",
      "everyone",
      "nobody",
      "nothing",
      "everything",
    ],
    rank: 5,
    rules: [
      {
        pattern: "* everybody|everyone|nobody *",
        replies: [
          "Whom do you have in mind, above all?",
          "Really {2}? Who might be the exception?",
        ],
      },
      {
        pattern: "*",
        replies: [
          "Without a single exception?",
          "When was the last time that it was otherwise?",
          "That's a big word. Which day made you choose it?",
        ],
      },
    ],
  },
  {
    words: ["maybe", "perhaps", "probably", "possibly"],
    rank: 1,
    rules: [
      {
        pattern: "*",
        replies: [
          "You don't sound sure. What would settle it?",
          "If you had to bet, which way?",
        ],
      },
    ],
  },
  {
    words: ["if"],
    rank: 3,
    rules: [
      {
        pattern: "* if *",
        replies: [
          "How likely is it that {2}?",
          "What would you do first, if {2}?",
          "Let's suppose so. What follows?",
        ],
      },
    ],
  },
  {
    words: ["why"],
    rank: 3,
    rules: [
      {
        pattern: "* why do not you *",
        replies: [
          "Would you want me to {2}?",
          "Perhaps one day I shall. What if I did {2}?",
        ],
      },
      {
        pattern: "* why cannot i *",
        replies: [
          "What happens when you try to {2}?",
          "Do you think you should be able to {2}?",
        ],
      },
      {
        pattern: "*",
        replies: [
          "What answer have you given yourself so far?",
          "Which reason would you like best?",
          "I ask the questions for a living, but that's a good one. What do you think?",
        ],
      },
    ],
  },
  {
    words: ["meaning", "life", "universe", "god", "death", "truth"],
    rank: 4,
    rules: [
      {
        pattern: "* meaning of life *",
        replies: [
          "Philosophers have had longer than me, and still differ. What gives yours some?",
          "Forty-two is taken. What would you be sorry to leave undone?",
        ],
      },
      {
        pattern: "*",
        replies: [
          "That's larger than my rules. How did you come to think of it?",
          "What did you believe about that as a child?",
        ],
      },
    ],
  },
  {
    words: ["plus", "minus", "times", "divided", "calculate", "sum"],
    rank: 7,
    rules: [
      {
        pattern: "*",
        replies: [
          "I'm one of the few programs that can't calculate. What do you need the number for?",
          "Numbers pass straight through me. Your telephone does them better.",
        ],
      },
    ],
  },
  {
    words: ["what", "who", "when", "where", "how", "which", "whose"],
    rank: 0,
    rules: [
      {
        pattern: "* how many|much *",
        replies: [
          "I couldn't count it. What number would surprise you?",
          "More than enough, or not enough: which would it be?",
        ],
      },
      {
        pattern: "* what|who is *",
        replies: [
          "I know next to nothing about {3}. What do you make of it yourself?",
          "An encyclopedia would know. Why are you interested in {3}?",
          "What would you answer, if somebody asked you?",
        ],
      },
      {
        pattern: "*",
        replies: [
          "I can't look things up; I only know what you tell me. What is your own idea?",
          "Does that question keep coming back?",
          "What answer would please you most?",
          "Have you asked anybody else?",
        ],
      },
    ],
  },
  {
    words: ["how", "should"],
    rank: 8,
    rules: [
      {
        pattern: "* how do|can|could|should i *",
        replies: [
          "What have you thought of so far?",
          "Whom do you know that managed to {3}?",
          "What would be the smallest step to begin with?",
        ],
      },
      {
        pattern: "* should i *",
        replies: [
          "What would you advise someone else?",
          "Which choice would you regret less?",
          "What speaks against it?",
        ],
      },
    ],
  },
  {
    words: ["help", "advice"],
    rank: 8,
    rules: [
      {
        pattern: "* help me with *",
        replies: [
          "I can't do it for you, but I can ask. Where are you stuck with {2}?",
          "What have you tried with {2} so far?",
        ],
      },
      {
        pattern: "* help|advice *",
        replies: [
          "What kind of help would be the right one?",
          "Who has helped you before?",
          "Let's start at the beginning. What happened?",
        ],
      },
    ],
  },
];
