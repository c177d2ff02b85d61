/**
 * @import { TextKey, ValuesOf } from "../../../core/texts/catalogue"
 */

/**
 * A text of the interface with its values in place. The bundle of a language has the text itself, or its plural
 * forms, in the place of each key.
 *
 * @template {TextKey} Key
 * @param {Key} key
 * @param {ValuesOf<Key>} values
 * @returns {string}
 */
export function t(key, ...values) {
  const { lang, dir } = document.documentElement;
  /** @type {any} */
  const text = key;
  /** @type {any} */
  const named = values[0] ?? {};
  const form = new Intl.PluralRules(lang).select(Number(named.count ?? 0));
  /** @type {string} */
  const chosen = text.other ? (text[form] ?? text.other) : text;
  return chosen.replace(/\{(\w+)\}/g, (_, name) => {
    /** @type {string | number} */
    const given = named[name] ?? "";
    if (typeof given === "number") return given.toLocaleString(lang);
    // A name in the other direction must not reorder the sentence.
    const isOther = dir === "rtl" || /[\u0590-\u08ff]/.test(given);
    return isOther ? `\u2068${given}\u2069` : given;
  });
}
