import { plainText } from "./words";
import { languageOf, languageReplies } from "./languages";

/** Answers to a whole message, before any of its words is looked at. */
interface Reaction {
  name: string;
  /** @param plain The message in lower case, without punctuation. @param raw As it was sent. */
  fits(plain: string, raw: string): boolean;
  replies: string[];
}

const whole = (pattern: RegExp) => (plain: string) => pattern.test(plain);

const reactions: Reaction[] = [
  {
    name: "greeting",
    fits: whole(
      /^(?:(?:oh )?(?:hi|hello|hey|heya|hiya|howdy|greetings|yo|sup|good (?:morning|afternoon|evening|day))(?: there| eliza| you| again| everyone| friend| bot)*)(?: (?:how are you|how is it going|what is up).*)?$/,
    ),
    replies: [
      "Hello. I'm Eliza, a small program that asks more than it answers. What's on your mind?",
      "Hello again. Shall we go on, or begin with something new?",
      "Hi. You've greeted me before; something must be keeping you. What is it?",
    ],
  },
  {
    name: "farewell",
    fits: whole(
      /^(?:ok |well |so )?(?:good ?bye|bye(?: bye)?|see you.*|farewell|good ?night|cya|i (?:have to|must) go.*|quit|exit)(?: eliza| then| now)*$/,
    ),
    replies: [
      "Goodbye. All that we said stays here, if you want to come back to it.",
      "Until the next time. You'll find this conversation in the list.",
    ],
  },
  {
    name: "thanks",
    fits: whole(
      /^(?:ok |great |many |cool |nice )?(?:thanks?|thank you|cheers|much appreciated)\b.*$/,
    ),
    replies: [
      "You're welcome. Is there more?",
      "With pleasure. What else is on your mind?",
      "Not at all. You did most of the work.",
    ],
  },
  {
    name: "yes",
    fits: whole(
      /^(?:yes|yeah|yep|yup|sure|of course|indeed|certainly|absolutely|definitely|i do|i am|true|exactly|right|correct)(?: please| indeed| sure| it is| i do| i am)*$/,
    ),
    replies: [
      "You seem certain. What makes you so?",
      "Good. Then tell me a little more.",
      "Yes it is, then. And what follows from that?",
      "I hear a yes. Is there a but?",
    ],
  },
  {
    name: "no",
    fits: whole(
      /^(?:no|nope|nah|never|not really|not at all|no way|of course not|i do not|i am not|certainly not)(?: thanks| thank you| never| it is not)*$/,
    ),
    replies: [
      "No? What would be nearer to it?",
      "Fair enough. Where would you rather go with this?",
      "That was short. Would a longer no say more?",
      "Then let's leave it. What would you like to talk about instead?",
    ],
  },
  {
    name: "okay",
    fits: whole(
      /^(?:ok|okay|k|kk|fine|alright|all right|i see|got it|cool|nice|great|good|interesting|wow|hm+|huh|uh|ah+|oh+|mm+|lol|ha(?:ha)+|he(?:he)+|rofl|meh|well|so|and|then|test|testing)$/,
    ),
    replies: [
      "And what comes to mind next?",
      "I'll take that as a pause. Whenever you're ready.",
      "You could tell me about your day, or ask me for a story.",
      "Say a little more, and I'll have something to work with.",
    ],
  },
  {
    name: "insult",
    fits: (plain) =>
      /\b(?:stupid|idiot|dumb|useless|moron|sucks?|crap|rubbish|shit|fuck\w*|bitch|bastard|asshole|dickhead|shut up|piss off|screw you|worthless|boring|terrible|garbage)\b/.test(
        plain,
      ) &&
      (plain.split(" ").length <= 3 || /\b(?:you|eliza|this)\b/.test(plain)),
    replies: [
      "I can take that: I'm only rules. What went wrong?",
      "Noted, without hard feelings; I haven't any. What did you hope I would say?",
      "You may be right. Shall we try from another side?",
      "Strong words. Do they belong to me, or to something else today?",
    ],
  },
  {
    name: "praise",
    fits: whole(
      /^(?:you are|that is|that was|this is)(?: so| very| really| quite)? (?:great|good|smart|clever|nice|funny|amazing|awesome|cool|brilliant|lovely|kind|wonderful|helpful|impressive)(?: eliza)?$/,
    ),
    replies: [
      "That's kind of you. Nobody has ever said it to my rules before.",
      "Thank you. Do you find it easy to say such things?",
      "I only hand back what you bring.",
    ],
  },
  {
    name: "glum face",
    fits: (plain, raw) =>
      wordless(plain) && /[😞😢😭😔😟😩😠😡💔☹🙁😿]|:-?\(|:'\(/u.test(raw),
    replies: [
      "That doesn't look like a good day. What happened?",
      "I read a heavy heart there. Would you put it into words?",
    ],
  },
  {
    name: "glad face",
    fits: (plain, raw) =>
      /^(?:xd|d|p)?$/.test(plain) &&
      (/\p{Extended_Pictographic}/u.test(raw) || /[:;=]-?[)DP]/.test(raw)),
    replies: [
      "I read pictures poorly, but that looked cheerful. What's it about?",
      "One picture, a thousand words. Could I have a few of the words?",
      "That one I know. What put it on your face?",
    ],
  },
  {
    name: "punctuation",
    fits: (plain) => wordless(plain),
    replies: [
      "That was more pause than speech. What did you want to say?",
      "I need words to work with. Even one would do.",
    ],
  },
  {
    name: "arithmetic",
    fits: (_plain, raw) => /^\D{0,20}\d+\s*[-+*/x×÷^]\s*\d+[=?\s]*$/.test(raw),
    replies: [
      "I'm one of the few programs that can't calculate. What do you need the number for?",
      "Numbers pass straight through me. Shall we talk about where they come from?",
    ],
  },
  {
    name: "number",
    fits: whole(/^[\d _+'-]+$/),
    replies: [
      "A number by itself tells me little. What does it count?",
      "I don't calculate, but I can ask: why that number?",
    ],
  },
  {
    name: "gibberish",
    fits: (plain) => isGibberish(plain),
    replies: [
      "My rules found nothing to hold on to there. Was that your keyboard speaking?",
      "If that was a word, I'd love to know what it means.",
      "Perhaps your fingers needed a stretch. And now, what about you?",
    ],
  },
];

const wordless = (plain: string) => plain === "";

/** Which kind of message this is, and what to say to it in turn; `undefined` if it's plain talk. */
export function reactionTo(
  raw: string,
): { name: string; replies: string[] } | undefined {
  const looked = raw.slice(0, 1_000);
  const plain = plainText(looked);
  const found = reactions.find((reaction) => reaction.fits(plain, looked));
  if (found !== undefined) return found;
  const language = languageOf(looked);
  if (language === undefined) return undefined;
  return { name: language, replies: languageReplies[language]! };
}

/** Keys hit at random: no vowels, one letter over and over, or a run along the keyboard. */
function isGibberish(plain: string): boolean {
  const words = plain.split(" ");
  return words.length <= 6 && words.every(isNoise);
}

const keyboardRows = [
  "qwertyuiop",
  "qwertzuiop",
  "azertyuiop",
  "asdfghjkl",
  "zxcvbnm",
];

function isNoise(word: string): boolean {
  if (!/^[a-z]{4,}$/.test(word)) return false;
  return (
    !/[aeiouy]/.test(word) ||
    /[^aeiouy]{6,}/.test(word) ||
    /(.)\1{3,}/.test(word) ||
    keyboardRows.some((row) => row.includes(word)) ||
    /^(?:(?:asdf|sdfg|dfgh|fghj|ghjk|hjkl|qwer|wert|erty|zxcv|xcvb|cvbn|jkl)\w{0,3})+$/.test(
      word,
    )
  );
}
