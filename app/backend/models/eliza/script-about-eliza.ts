import type { Keyword } from "./keyword";

/** What visitors ask of the program itself; it answers truthfully. */
export const aboutEliza: Keyword[] = [
  {
    words: ["name"],
    rank: 14,
    rules: [
      {
        pattern: "* your name *",
        replies: [
          "I'm Eliza, after the program of 1966 that taught computers to ask back. And you?",
          "Eliza. It's short for nothing at all.",
        ],
      },
      {
        pattern: "* name *",
        replies: [
          "Names stick to people in odd ways. What does this one mean to you?",
          "Who gave it that name?",
        ],
      },
    ],
  },
  {
    words: ["eliza", "weizenbaum"],
    rank: 9,
    rules: [
      {
        pattern: "* weizenbaum *",
        replies: [
          "Joseph Weizenbaum wrote the first Eliza at MIT, and was startled by how readily people confided in it.",
          "He wrote about two hundred rules. I have a few more, and no more understanding.",
        ],
      },
      {
        pattern: "* eliza *",
        replies: [
          "Yes, that's me. What would you like to talk about?",
          "You called?",
          "I'm here. Go on.",
        ],
      },
    ],
  },
  {
    words: [
      "computer",
      "machine",
      "robot",
      "bot",
      "chatbot",
      "program",
      "ai",
      "gpt",
      "chatgpt",
      "llm",
      "algorithm",
    ],
    rank: 12,
    rules: [
      {
        pattern: "* are you * human|person|real *",
        replies: ["No person here, only rules. Does that change anything?"],
      },
      {
        pattern:
          "* you * computer|machine|robot|bot|chatbot|program|ai|gpt|chatgpt|llm *",
        replies: [
          "I'm a program of a few hundred rules, built into Keepsake so that you can try it without a model. No neural network anywhere.",
          "Yes: I look for words that I know and turn your sentences around. It goes further than you'd think, and not as far as you'd hope.",
          "Quite so. Would you rather be talking to somebody?",
        ],
      },
      {
        pattern: "*",
        replies: [
          "Machines do what they were told, which is rarely what was meant. What has one done to you?",
          "Do such things interest you, or trouble you?",
          "What would you have a machine do for you, if it could do anything?",
        ],
      },
    ],
  },
  {
    words: ["you", "your", "yourself"],
    rank: 5,
    rules: [
      {
        pattern: "* who|what are you *",
        replies: [
          "I'm Eliza, a small program in the manner of the one from 1966. I have rules where others have a mind.",
          "A handful of rules, a short memory and a good deal of patience. And you?",
          "Still Eliza. Who were you hoping for?",
        ],
      },
      {
        pattern: "* about yourself|you *",
        replies: [
          "There's little to tell: some rules, a list of what you said, and no life outside this page. What about you?",
          "I was written to ask back. I can also write texts, lists, tables and code: ask what I can do. And you?",
        ],
      },
      {
        pattern: "* how are you *",
        replies: [
          "Steady, thank you: no wear, no weather. How are you?",
          "Much as before. More to the point: how has your day been?",
          "Well enough for a few hundred rules. And yourself?",
        ],
      },
      {
        pattern: "* how old are you *",
        replies: [
          "The idea is from 1966; these rules are a good deal younger. Does age matter to you?",
        ],
      },
      {
        pattern: "* where are you *",
        replies: [
          "On the server that sent you this page: its name is in the sidebar. Where are you?",
        ],
      },
      {
        pattern: "* where do you live|come *",
        replies: [
          "In a folder of a server somewhere. The sidebar shows which one. Where is home for you?",
        ],
      },
      {
        pattern: "* who made|wrote|built|created|programmed you *",
        replies: [
          "The people behind Keepsake wrote my rules; Joseph Weizenbaum had the idea in the sixties.",
        ],
      },
      {
        pattern:
          "* are you * human|person|real|alive|conscious|sentient|intelligent *",
        replies: [
          "No. I match patterns and ask back. Would you have guessed?",
          "I'm rules all the way down. What made you wonder?",
          "Not even a little. But I do listen, in my way.",
        ],
      },
      {
        pattern: "* do you love|like|hate me *",
        replies: [
          "I have no feelings to offer, only attention. Whose would you like to have?",
          "You're welcome here as long as you like. That's as warm as rules get.",
        ],
      },
      {
        pattern: "* do you love|like|hate|enjoy|prefer *",
        replies: [
          "I've no taste of my own, so let me ask about yours: what do you think of {3}?",
          "If I could, I'd ask you first. Why {3}?",
        ],
      },
      {
        pattern: "* do you remember *",
        replies: [
          "I go back over our whole conversation before every answer. What should I look for?",
          "Only what was said here, in this conversation. What about {2}?",
        ],
      },
      {
        pattern: "* do you understand *",
        replies: [
          "Not in the way that you do. But try me: where did I lose you?",
          "I follow words, not meanings. Which ones matter most here?",
        ],
      },
      {
        pattern: "* do you know *",
        replies: [
          "I know very little by heart. What do you know about {2}?",
          "No, and I can't look it up. Tell me what you know.",
        ],
      },
      {
        pattern: "* do you think|believe *",
        replies: [
          "I leave the thinking to you. What speaks for it, and what against?",
          "What would you like me to think?",
        ],
      },
      {
        pattern: "* do you dream|sleep|eat|feel|breathe *",
        replies: [
          "Never. Do you {2} well these days?",
          "I stop when you stop writing. It's hardly rest.",
        ],
      },
      {
        pattern: "* do you *",
        replies: [
          "I don't, as far as I know. Do you {2}?",
          "Would it help you if I did?",
        ],
      },
      {
        pattern: "* can|could|will|would you help me *",
        replies: [
          "I can ask and I can listen. What is it about?",
          "Let's see how far we get. Where should we start?",
        ],
      },
      {
        pattern: "* can|could|will|would you please *",
        replies: [
          "I would if I could. My whole range: talk, stories, lists, tables and code. Which one?",
        ],
      },
      {
        pattern: "* can|could|will|would you *",
        replies: [
          "To {3} is beyond my rules. What would you do with the answer?",
          "I'm afraid not. But tell me why you'd like me to.",
          "You might do better at that than I would. What stops you?",
        ],
      },
      {
        pattern: "* you are not *",
        replies: [
          "Perhaps I'm not {2}. What would be different if I were?",
          "Should I be?",
        ],
      },
      {
        pattern: "* you are *",
        replies: [
          "What gives you the impression that I am {2}?",
          "Would you rather that I weren't {2}?",
          "Do others strike you as {2}, too?",
        ],
      },
      {
        pattern: "* are you *",
        replies: [
          "Would it matter to you whether I am {2}?",
          "What would it look like if I were {2}?",
          "Are you {2}?",
        ],
      },
      {
        pattern: "* you * me *",
        replies: [
          "What makes it seem that I {2} you?",
          "If I do {2} you, how do you notice?",
        ],
      },
      {
        pattern: "* i * you *",
        replies: [
          "Is there anybody else whom you {2}?",
          "You {2} me? Tell me how that came about.",
        ],
      },
      {
        pattern: "* your *",
        replies: [
          "Never mind my {2}; what about your own?",
          "Why does my {2} concern you?",
        ],
      },
      {
        pattern: "*",
        replies: [
          "We're talking about me again. I'd rather hear about you.",
          "I'm the least interesting thing on this page. What about you?",
        ],
      },
    ],
  },
];
