import type { Locale } from "../../core/texts/locale";
import { zoneOf } from "./zone";

/** `9:12 AM UTC`, which the browser's script replaces by local time. */
export function clockTime(locale: Locale, at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "";
  return locale.t("time.utc", { time: locale.clock(date, "UTC") });
}

/** `Jan 31, 2026, 9:12 AM UTC`: where no script replaces it. */
export function dateAndTime(locale: Locale, at: string): string {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return "";
  return locale.t("time.utc", { time: locale.time(ms, "UTC") });
}

/** `Thought for 12 s`: the summary of the reasoning of a reply whose answer has begun. */
export function thoughtFor(locale: Locale, ms: number | undefined): string {
  if (ms === undefined) return locale.t("thought.none");
  const all = Math.max(1, Math.round(ms / 1000));
  const seconds = all % 60;
  const minutes = Math.floor(all / 60);
  return minutes === 0
    ? locale.t("thought.seconds", { seconds })
    : locale.t("thought.minutes", { minutes, seconds });
}

export interface DayGroup<T> {
  label: string;
  items: T[];
}

/** Groups what is sorted newest first by the visitor's days: Today, Yesterday, This week, then months. */
export function groupByDay<T extends { updatedAt: string }>(
  items: T[],
  reader: { zone: string | undefined; locale: Locale },
  nowMs: number,
): DayGroup<T>[] {
  const zone = zoneOf(reader.zone);
  const groups: DayGroup<T>[] = [];
  for (const item of items) {
    const label = zone.labelOf(
      Date.parse(item.updatedAt),
      nowMs,
      reader.locale,
    );
    if (groups.at(-1)?.label !== label) groups.push({ label, items: [] });
    groups.at(-1)?.items.push(item);
  }
  return groups;
}
