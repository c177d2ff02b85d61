/** The languages of the interface. */
export type Language = "en" | "de" | "ar";

/** The plural forms that each language tells apart, as `Intl.PluralRules` names them. */
interface PluralForms {
  en: "one" | "other";
  de: "one" | "other";
  ar: "zero" | "one" | "two" | "few" | "many" | "other";
}

/** One text for each plural form of the value `count`. */
export type Plural<L extends Language> = Readonly<
  Record<PluralForms[L], string>
>;

/** The same keys as in English, each with a text or with all plural forms of the language. */
export type Translation<English, L extends Language> = {
  readonly [Key in keyof English]: English[Key] extends string
    ? string
    : Plural<L>;
};

/** The names in braces in a text. */
type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The values that a text of the English catalogue takes. */
export type ValueNames<Text> = Text extends { other: infer Other }
  ? Placeholders<Other> | "count"
  : Placeholders<Text>;

/** A number is written in the visitor's way, and a sentence in their language. */
export type Value = string | number | Sentence;
export type Values = Readonly<Record<string, Value>>;

/** A text that is yet to be written in a language. */
export interface Sentence {
  key: string;
  values?: Values | undefined;
}
