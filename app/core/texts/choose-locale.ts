import { isLanguage } from "./catalogue";
import type { Language } from "./translation";
import { type Locale, localeOf } from "./locale";

/**
 * The visitor's chosen language, or else the first that their browser asks for and that there is, or
 * else English. The region of the browser's locale decides how numbers and dates are written.
 *
 * @param accepted Language tags, the preferred one first.
 */
export function chooseLocale(
  chosen: Language | undefined,
  accepted: readonly string[],
): Locale {
  const tags = accepted.map(parseTag);
  const wanted = tags.map(({ language }) => language).find(isLanguage);
  const code = chosen ?? wanted ?? "en";
  const regional = tags.filter((tag) => tag.region);
  const own = regional.find((tag) => tag.language === code) ?? regional[0];
  return localeOf(code, own?.region);
}

function parseTag(tag: string): { language: string; region?: string } {
  const [language = "", ...parts] = tag.split("-");
  const region = parts.find((part) => /^([a-z]{2}|\d{3})$/i.test(part));
  return {
    language: language.toLowerCase(),
    ...(region && { region: region.toUpperCase() }),
  };
}
