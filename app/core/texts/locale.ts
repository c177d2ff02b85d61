import { LRUCache } from "lru-cache";
import {
  isTextKey,
  languages,
  type Sentence,
  type Text,
  type TextKey,
  type ValuesOf,
} from "./catalogue";
import type { Language, Values } from "./translation";

const RIGHT_TO_LEFT: ReadonlySet<Language> = new Set(["ar"]);

/** Letters that run from right to left. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A language of the interface, and the way in which a region writes numbers and dates. */
export class Locale {
  readonly direction: "ltr" | "rtl";
  /** As in BCP 47: `de`, or `de-AT`. */
  readonly tag: string;
  readonly #texts: Record<TextKey, Text>;
  readonly #numbers: Intl.NumberFormat;
  readonly #plurals: Intl.PluralRules;

  constructor(
    readonly language: Language,
    region?: string,
  ) {
    this.tag = region ? `${language}-${region}` : language;
    this.direction = RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr";
    this.#texts = languages[language].texts;
    this.#numbers = new Intl.NumberFormat(this.tag);
    this.#plurals = new Intl.PluralRules(language);
  }

  /** The text with a key, with its values in place. */
  t<Key extends TextKey>(key: Key, ...[values]: ValuesOf<Key>): string {
    return this.write(key, values);
  }

  /** As {@link t}, for a sentence that was made before its language was known. */
  say({ key, values }: Sentence): string {
    return this.write(key, values);
  }

  /** As {@link t}, for templates, whose keys are checked when they are loaded. */
  write(key: string, values: Values = {}): string {
    if (!isTextKey(key)) throw new Error(`There is no text ${key}.`);
    const text = this.#texts[key];
    return this.#fill(this.#formOf(text, values), values);
  }

  number(value: number): string {
    return this.#numbers.format(value);
  }

  #formOf(text: Text, { count }: Values): string {
    if (typeof text === "string") return text;
    return text[this.#plurals.select(Number(count))] ?? text.other;
  }

  #fill(text: string, values: Values): string {
    return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
      const value = values[name];
      if (value === undefined) return placeholder;
      if (typeof value === "number") return this.number(value);
      return this.#isolate(value);
    });
  }

  /** Keeps a name in the other direction from reordering the sentence around it. */
  #isolate(value: string): string {
    return this.direction === "rtl" || rightToLeft.test(value)
      ? `\u2068${value}\u2069`
      : value;
  }
}

/** More than there are. Bounds what odd headers may add. */
const known = new LRUCache<string, Locale>({ max: 300 });

/** @param region Two letters or three digits. */
export function localeOf(language: Language, region?: string): Locale {
  const key = `${language}-${region}`;
  let locale = known.get(key);
  if (!locale) known.set(key, (locale = new Locale(language, region)));
  return locale;
}

/** For logs, programs and clients whose language is not known. */
export const english = localeOf("en");
