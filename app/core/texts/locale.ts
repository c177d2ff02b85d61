import { LRUCache } from "lru-cache";
import {
  isTextKey,
  languages,
  type Text,
  type TextKey,
  type ValuesOf,
} from "./catalogue";
import { findSentence } from "./find-sentence";
import type { Language, Sentence, Value, Values } from "./translation";

const RIGHT_TO_LEFT: ReadonlySet<Language> = new Set(["ar"]);

/**
 * The formats of dates of all locales. Each takes tens of kilobytes, and requests choose region and time zone: so
 * the bound is for the process.
 */
const dates = new LRUCache<string, Intl.DateTimeFormat>({ max: 200 });

/** Letters that run from right to left. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A language of the interface, and the way in which a region writes numbers and dates. */
export class Locale {
  readonly direction: "ltr" | "rtl";
  /** As in BCP 47: `de`, or `de-AT`. */
  readonly tag: string;
  readonly #texts: Record<TextKey, Text>;
  readonly #numbers: Intl.NumberFormat;
  readonly #decimals: Intl.NumberFormat;
  readonly #plurals: Intl.PluralRules;

  constructor(
    readonly language: Language,
    region?: string,
  ) {
    this.tag = region ? `${language}-${region}` : language;
    this.direction = RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr";
    this.#texts = languages[language].texts;
    this.#numbers = new Intl.NumberFormat(this.tag);
    this.#decimals = new Intl.NumberFormat(this.tag, {
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    });
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

  /** A message in this language if it has a sentence of the catalogue, or else as it is. */
  tell({ message, sentence }: { message: string; sentence?: Sentence }) {
    return sentence ? this.say(sentence) : message;
  }

  /** As {@link t}, for templates, whose keys are checked when they are loaded. */
  write(key: string, values: Values = {}): string {
    if (!isTextKey(key)) throw new Error(`There is no text ${key}.`);
    const text = this.#texts[key];
    return this.#fill(this.#formOf(text, values), values);
  }

  /** An English sentence of a record in this language, or as it is if it is none of the catalogue. */
  translate(message: string): string {
    const sentence = this.language === "en" ? undefined : findSentence(message);
    return sentence ? this.say(sentence) : message;
  }

  number(value: number): string {
    return this.#numbers.format(value);
  }

  /** A number with one digit after the point. */
  decimal(value: number): string {
    return this.#decimals.format(value);
  }

  /** The hour and minute. @param zone As `Intl` knows it. */
  clock(at: Date, zone: string): string {
    return this.#format({ timeStyle: "short" }, zone).format(at);
  }

  /** The month and year. */
  month(atMs: number, zone: string): string {
    return this.#format({ month: "long", year: "numeric" }, zone).format(atMs);
  }

  /** The date, and the hour and minute. */
  time(atMs: number, zone: string): string {
    const options = { dateStyle: "medium", timeStyle: "short" } as const;
    return this.#format(options, zone).format(atMs);
  }

  /** Formats are kept: to make one takes longer than to render a message. */
  #format(options: Intl.DateTimeFormatOptions, timeZone: string) {
    const kind = options.month ?? options.dateStyle;
    const key = `${this.tag} ${timeZone} ${kind}`;
    let format = dates.get(key);
    if (!format) {
      format = new Intl.DateTimeFormat(this.tag, { ...options, timeZone });
      dates.set(key, format);
    }
    return format;
  }

  #formOf(text: Text, { count }: Values): string {
    if (typeof text === "string") return text;
    return text[this.#plurals.select(Number(count))] ?? text.other;
  }

  #fill(text: string, values: Values): string {
    const parts = partsOf(text);
    let filled = parts[0] ?? "";
    for (let index = 1; index < parts.length; index += 2) {
      const name = parts[index] ?? "";
      const value = values[name];
      filled += value === undefined ? `{${name}}` : this.#writeValue(value);
      filled += parts[index + 1] ?? "";
    }
    return filled;
  }

  #writeValue(value: Value): string {
    if (typeof value === "number") return this.number(value);
    return typeof value === "string" ? this.#isolate(value) : this.say(value);
  }

  /** Keeps a name in the other direction from reordering the sentence around it. */
  #isolate(value: string): string {
    return this.direction === "rtl" || rightToLeft.test(value)
      ? `\u2068${value}\u2069`
      : value;
  }
}

/** The parts of each text: a list of conversations writes the same one for each row. */
const knownParts = new Map<string, string[]>();

/** A text, a name, a text, and so on. */
function partsOf(text: string): string[] {
  let parts = knownParts.get(text);
  if (!parts) knownParts.set(text, (parts = text.split(/\{(\w+)\}/)));
  return parts;
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
