/** Words that are common in a language and rare in English. */
const commonWords: Record<string, string> = {
  German:
    "ich bin nicht und wie geht dir es hallo danke das ist du kannst mir ein eine warum wer heißt heisst guten tag morgen bitte deutsch sprichst auf mit für sehr auch aber kein wir sie",
  French:
    "bonjour je suis est pas vous tu le les merci comment pourquoi quoi salut ça ca moi une et avec français francais parles parlez bien très oui nous c'est s'il plaît qui",
  Spanish:
    "hola qué que cómo como estás estas soy gracias por buenos días dias tengo quiero eres puedes hablas español espanol muy sí pero una el la los con tú favor quién",
  Italian:
    "ciao sono come stai grazie che perché perche buongiorno voglio non sei puoi parli italiano molto una il e con bene chi per favore",
  Portuguese:
    "olá ola você voce obrigado obrigada não nao eu sou tudo bem bom dia português portugues fala muito uma com por favor quem como está",
  Dutch:
    "hallo ik ben niet hoe gaat het met je dank goedemorgen een wat is nederlands spreek heel ook maar geen wie jij kun alsjeblieft waarom",
};

/** Scripts that tell a language by their letters; the first that fits more than half of them. */
const scripts: [RegExp, string][] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, "Japanese"],
  [/\p{Script=Hangul}/gu, "Korean"],
  [/\p{Script=Han}/gu, "Chinese"],
  [/\p{Script=Cyrillic}/gu, "Russian"],
  [/\p{Script=Arabic}/gu, "Arabic"],
  [/\p{Script=Hebrew}/gu, "Hebrew"],
  [/\p{Script=Greek}/gu, "Greek"],
  [/\p{Script=Devanagari}/gu, "Hindi"],
  [/\p{Script=Thai}/gu, "Thai"],
];

const english = new Set(
  "i you the a is are am my your me to of and in it that what how do can not have was for with on this be or an he she they we but so at if about like know want tell write give list".split(
    " ",
  ),
);

const vocabulary = Object.entries(commonWords).map(
  ([language, words]) => [language, new Set(words.split(" "))] as const,
);

/** The language of a text that isn't English, as far as its letters and commonest words tell. */
export function languageOf(text: string): string | undefined {
  return languageOfLetters(text) ?? languageOfWords(text);
}

function languageOfLetters(text: string): string | undefined {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (letters === 0) return undefined;
  // Japanese mixes kana with Chinese characters: a third of kana decides.
  const share = (script: RegExp) => (text.match(script)?.length ?? 0) / letters;
  const found = scripts.find(([script, language]) =>
    language === "Japanese" ? share(script) > 0.3 : share(script) > 0.5,
  );
  if (found) return found[1];
  return share(/\p{Script=Latin}/gu) < 0.5 ? "unknown" : undefined;
}

function languageOfWords(text: string): string | undefined {
  const words = text.toLowerCase().match(/[\p{L}']+/gu) ?? [];
  const count = (known: Set<string>) =>
    words.filter((word) => known.has(word)).length;
  const [best] = vocabulary
    .map(([language, known]) => ({ language, hits: count(known) }))
    .toSorted((a, b) => b.hits - a.hits);
  const enough =
    best !== undefined &&
    best.hits > count(english) &&
    best.hits >= Math.min(2, words.length) &&
    best.hits >= words.length / 4;
  return enough ? best.language : undefined;
}

const also =
  "I can only follow English, I'm afraid. Could you try a sentence of it?";

/** A polite way out in the visitor's own language, and the same in English. */
export const languageReplies: Record<string, string[]> = {
  German: [
    `Das klingt nach Deutsch. Leider verstehe ich nur Englisch. ${also}`,
    "Ich würde gern auf Deutsch antworten, aber meine Regeln sind englisch. In English, perhaps?",
  ],
  French: [
    `On dirait du français. Malheureusement, je ne comprends que l'anglais. ${also}`,
    "J'aimerais répondre en français, mais mes règles sont anglaises. In English, perhaps?",
  ],
  Spanish: [
    `Parece español. Por desgracia, solo entiendo inglés. ${also}`,
    "Me gustaría responder en español, pero mis reglas son inglesas. In English, perhaps?",
  ],
  Italian: [
    `Sembra italiano. Purtroppo capisco solo l'inglese. ${also}`,
    "Vorrei rispondere in italiano, ma le mie regole sono inglesi. In English, perhaps?",
  ],
  Portuguese: [
    `Parece português. Infelizmente, só entendo inglês. ${also}`,
    "Gostaria de responder em português, mas as minhas regras são inglesas. In English, perhaps?",
  ],
  Dutch: [
    `Dat lijkt op Nederlands. Helaas begrijp ik alleen Engels. ${also}`,
    "Ik zou graag in het Nederlands antwoorden, maar mijn regels zijn Engels. In English, perhaps?",
  ],
  Japanese: [`すみません、英語しかわかりません。 ${also}`],
  Korean: [`죄송합니다. 저는 영어만 이해합니다. ${also}`],
  Chinese: [`抱歉，我只懂英语。 ${also}`],
  Russian: [`Простите, я понимаю только по-английски. ${also}`],
  Arabic: [`عذرًا، لا أفهم إلا الإنجليزية. ${also}`],
  Hebrew: [`סליחה, אני מבינה רק אנגלית. ${also}`],
  Greek: [`Συγγνώμη, καταλαβαίνω μόνο αγγλικά. ${also}`],
  Hindi: [`क्षमा करें, मैं केवल अंग्रेज़ी समझती हूँ। ${also}`],
  Thai: [`ขออภัย ฉันเข้าใจแค่ภาษาอังกฤษ ${also}`],
  unknown: [also],
};
