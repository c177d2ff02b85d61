import { english, type Locale } from "../texts/locale";

/** The size of a file as a visitor reads it: `12 B`, `340 KB` or `1.2 MB`, rounded up. */
export function sizeText(bytes: number, locale: Locale = english): string {
  if (bytes < 1024) return locale.t("size.bytes", { number: bytes });
  if (bytes < 1024 ** 2) {
    return locale.t("size.kilobytes", { number: Math.ceil(bytes / 1024) });
  }
  const number = Math.ceil((bytes / 1024 ** 2) * 10) / 10;
  return locale.t("size.megabytes", { number });
}
