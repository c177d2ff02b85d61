import type { Keyword } from "./keyword";
import { aboutEliza } from "./script-about-eliza";
import { aboutVisitor } from "./script-about-visitor";
import { aboutWorld } from "./script-about-world";

export const script: Keyword[] = [
  ...aboutEliza,
  ...aboutVisitor,
  ...aboutWorld,
];

/** When nothing fits and there is nothing to come back to. */
export const fallbacks = [
  "I'd like to follow that. Could you put it another way?",
  "What makes that worth mentioning today?",
  "And how do you feel about it?",
  "Let's stay with that for a moment. What is the most important part?",
  "I see. What happened next?",
  "Suppose a friend told you the same. What would you ask them?",
  "That's new to me. Where does it begin?",
  "Is there more behind that?",
  "What would you like me to understand about it?",
  "Hm. Does it have to do with something that happened lately?",
  "If that were the first line of a letter, what would the second one be?",
  "I'm listening. You could also ask me for a story, a list, a table or some code.",
];

/** What to say of a message that is far longer than a sentence. */
export const longInputs = [
  "That's a lot at once, so let me pick one thing out of it.",
  "Thank you for writing at such length. One thing stood out to me.",
  "You've clearly thought about this. Let me begin at one end of it.",
];
