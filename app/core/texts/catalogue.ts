import { ar } from "./ar";
import { de } from "./de";
import { en } from "./en";
import type { Language, Sentence, Value, ValueNames } from "./translation";

/** The key of a text. */
export type TextKey = keyof typeof en;

/** A text, or one for each plural form. */
export type Text =
  | string
  | ({ readonly other: string } & Readonly<
      Partial<Record<Intl.LDMLPluralRule, string>>
    >);

/** The languages by code, each with its name in itself. */
export const languages = {
  en: { name: "English", texts: en },
  de: { name: "Deutsch", texts: de },
  ar: { name: "العربية", texts: ar },
} satisfies Record<Language, { name: string; texts: Record<TextKey, Text> }>;

export const languageCodes = Object.keys(languages) as Language[];

export const isLanguage = (code: string): code is Language =>
  Object.hasOwn(languages, code);

export const isTextKey = (key: string): key is TextKey =>
  Object.hasOwn(en, key);

/** The values that the text with a key takes: none, or an object with each of them. */
export type ValuesOf<Key extends TextKey> =
  ValueNames<(typeof en)[Key]> extends infer Names extends string
    ? [Names] extends [never]
      ? []
      : [values: Readonly<Record<Names, Value>>]
    : [];

/**
 * A sentence that came from another process, if this version of the program has its text, and each of the text's
 * values came along.
 */
export function knownSentence(said?: Sentence): Sentence | undefined {
  if (!said || !isTextKey(said.key)) return undefined;
  const text: Text = en[said.key];
  const wanted = (typeof text === "string" ? text : text.other).matchAll(
    /\{(\w+)\}/g,
  );
  const values = said.values ?? {};
  const isWhole = [...wanted].every(([, name = ""]) =>
    Object.hasOwn(values, name),
  );
  const nested = Object.values(values).filter(
    (value) => typeof value === "object",
  );
  return isWhole && nested.every(knownSentence) ? said : undefined;
}

/** Refers to a text. The compiler knows which values it takes. */
export function sentence<Key extends TextKey>(
  key: Key,
  ...[values]: ValuesOf<Key>
): Sentence {
  return values ? { key, values } : { key };
}
