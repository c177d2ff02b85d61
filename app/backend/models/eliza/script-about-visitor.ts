import type { Keyword } from "./keyword";

/** What visitors say of themselves. */
export const aboutVisitor: Keyword[] = [
  {
    words: ["i", "me", "myself"],
    rank: 4,
    rules: [
      {
        pattern: "* i am * @sad *",
        replies: [
          "I'm sorry that you're {3}. When did it begin?",
          "What would have to happen for you to feel less {3}?",
          "Who knows that you're {3}?",
        ],
      },
      {
        pattern: "* i feel * @sad *",
        replies: [
          "That sounds heavy. When do you feel {3} the most?",
          "What, if anything, makes it lighter?",
        ],
      },
      {
        pattern: "* i am|feel * @afraid *",
        replies: [
          "What is the worst that could come of it?",
          "Being {4} often guards something. What is it, here?",
        ],
      },
      {
        pattern: "* i am|feel * @angry *",
        replies: [
          "Who ought to hear that you're {4}?",
          "What did it cross, that you got {4}?",
        ],
      },
      {
        pattern: "* i am|feel * @glad *",
        replies: [
          "Good to hear. What brought that about?",
          "That's worth keeping. Who shares it with you?",
          "And what would make it last?",
        ],
      },
      {
        pattern: "* i am|feel * @tired *",
        replies: [
          "Since when are you {4}?",
          "What would do you good right now?",
        ],
      },
      {
        pattern: "* i am not *",
        replies: [
          "What would change if you were {2}?",
          "Would you like to be {2}?",
          "Who says that you should be {2}?",
        ],
      },
      {
        pattern: "* i am going to *",
        replies: ["What made you decide to {2}?", "And after that?"],
      },
      {
        pattern: "* i am *",
        replies: [
          "How long have you been {2}?",
          "How is it for you, being {2}?",
          "Did you expect to be {2}?",
          "What do people not know about being {2}?",
        ],
      },
      {
        pattern: "* am i *",
        replies: [
          "Do you think that you are {2}?",
          "What would it tell you if you were {2}?",
        ],
      },
      {
        pattern: "* i was *",
        replies: [
          "What was that like, being {2}?",
          "And are you still?",
          "What changed since you were {2}?",
        ],
      },
      {
        pattern: "* i want|need|wish|hope to *",
        replies: [
          "What would it change, to {3}?",
          "What keeps you from it?",
          "Since when do you want to {3}?",
        ],
      },
      {
        pattern: "* i want|need|wish|hope *",
        replies: [
          "What would it mean to you to get {3}?",
          "Suppose you had {3} tomorrow: what then?",
          "What stands between you and {3}?",
          "How long have you been wanting {3}?",
        ],
      },
      {
        pattern: "* i would like *",
        replies: [
          "What draws you to {2}?",
          "What would be the first step towards {2}?",
        ],
      },
      {
        pattern: "* i cannot *",
        replies: [
          "What have you tried so far?",
          "Was there a time when you could {2}?",
          "What would you do differently if you could {2}?",
        ],
      },
      {
        pattern: "* i do not know *",
        replies: [
          "Not knowing is a fair place to start. What's your first guess?",
          "Who might know?",
          "What would you need to find out?",
        ],
      },
      {
        pattern: "* i do not understand *",
        replies: [
          "Which part of it is the hardest?",
          "Let's go slower. Where did it stop making sense?",
        ],
      },
      {
        pattern: "* i do not *",
        replies: [
          "What keeps you from it?",
          "Do you wish that you did {2}?",
          "Has that always been so?",
        ],
      },
      {
        pattern: "* i feel *",
        replies: [
          "When do you usually feel {2}?",
          "Where do you notice it first, when you feel {2}?",
          "What tends to come before you feel {2}?",
        ],
      },
      {
        pattern: "* i think|believe|guess|suppose *",
        replies: [
          "What makes you lean that way?",
          "And what would make you doubt it?",
          "Since when have you thought so?",
        ],
      },
      {
        pattern: "* i remember *",
        replies: [
          "What else comes back when you think of {2}?",
          "Why does {2} come to mind just now?",
        ],
      },
      {
        pattern: "* i dreamt|dreamed *",
        replies: ["What was the mood of that dream?", "Who else was in it?"],
      },
      {
        pattern: "* i love|like|enjoy|adore *",
        replies: [
          "What is it about {3} that you enjoy?",
          "How did you come across {3}?",
          "Who introduced you to {3}?",
        ],
      },
      {
        pattern: "* i hate|dislike|despise *",
        replies: [
          "What did {3} do to earn that?",
          "Is there anything to be said for {3}?",
        ],
      },
      {
        pattern: "* i have to|must *",
        replies: ["What happens if you don't?", "Who decided that?"],
      },
      {
        pattern: "* i have *",
        replies: [
          "Since when do you have {2}?",
          "What is it like to have {2}?",
        ],
      },
      {
        pattern: "* i live in *",
        replies: [
          "What would a visitor to {2} need to see?",
          "How did you end up in {2}?",
        ],
      },
      {
        pattern: "* i work *",
        replies: [
          "What is a good day at work for you?",
          "Would you choose the same work again?",
        ],
      },
      {
        pattern: "* tell me *",
        replies: [
          "I've little to tell unless you ask for a story, a list, a table or code. What do you know about {2}?",
          "I'd sooner hear it from you. What about {2}?",
        ],
      },
      {
        pattern: "* help me *",
        replies: [
          "Gladly, as far as questions help. What have you tried?",
          "Where does it hurt, so to speak?",
        ],
      },
      {
        pattern: "* i *",
        replies: [
          "You {2}. What made you bring that up?",
          "Is that something new?",
          "What does it say about you?",
          "And how do you feel about that?",
        ],
      },
      {
        pattern: "*",
        replies: [
          "What part do you play in it yourself?",
          "How does it touch you?",
        ],
      },
    ],
  },
  {
    words: ["my", "mine", "our"],
    rank: 6,
    rules: [
      {
        pattern: "* my * @family *",
        replies: [
          "What is your {3} like?",
          "How do you and your {3} get along?",
          "When did you last talk with your {3}?",
          "If your {3} were here, what would they say?",
        ],
        remember: [
          "A while ago you mentioned your {3}. How does that fit in here?",
          "Does it have anything to do with your {3}?",
        ],
      },
      {
        pattern: "* my favourite|favorite # *",
        replies: [
          "A good choice. How did it become your favourite?",
          "What came second?",
        ],
      },
      {
        pattern: "* my # *",
        replies: [
          "Your {2}: what else belongs to that?",
          "Why does it matter to you, your {2}?",
          "Tell me something about your {2} that few people know.",
        ],
        remember: [
          "Let's return to something you said before: your {2}.",
          "You spoke of your {2} earlier. Is that still on your mind?",
          "I wonder whether that's connected with your {2}.",
        ],
      },
      {
        pattern: "*",
        replies: [
          "Whose is it, when it comes down to it?",
          "How did it come to be yours?",
        ],
      },
    ],
  },
  {
    words: ["dream", "dreams", "dreamt", "dreamed", "nightmare"],
    rank: 7,
    rules: [
      {
        pattern: "*",
        replies: [
          "Do you dream like that often?",
          "How did you feel when you woke up?",
          "What in your days resembles that dream?",
        ],
      },
    ],
  },
  {
    words: ["sorry", "apologies"],
    rank: 3,
    rules: [
      {
        pattern: "*",
        replies: [
          "No harm done. Go on.",
          "There's nothing to forgive here. What were you about to say?",
          "I took no offence; I have nowhere to put it.",
        ],
      },
    ],
  },
];
