/**
 * The beginnings of requests in German and Arabic, by their kind. In a regular expression, `\b` knows the letters of
 * English alone.
 */
export const translated = {
  count: /\bzähle? bis|(?<!\p{L})عُ?دّ? إلى/u,
  table:
    /\b(?:erstelle?|zeige?|schreibe?)\b.{0,60}?tabelle|(?:أنشئ|أرني|اكتب).{0,60}?جدول/,
  code: /\b(?:zeige?|schreibe?)\b.{0,60}?\b(?:code|programm)\b|(?:أرني|اكتب).{0,60}?(?:شيفرة|برنامج)/,
  long: /\bschreibe?\b.{0,60}?\b(?:lange|geschichte|gedicht)|اكتب.{0,60}?(?:طويل|قصة|قصيدة)/,
  topic: /(?<!\p{L})(?:über|عن)/u,
};
