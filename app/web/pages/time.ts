import type { Zone } from "./zone";

/** `09:12 UTC`, which the browser's script replaces by local time. */
export function clockTime(at: string): string {
  return `${at.slice(11, 16)} UTC`;
}

/** `Thought for 12 s`: the summary of the reasoning of a reply whose answer has begun. */
export function thoughtFor(ms: number | undefined): string {
  if (ms === undefined) return "Reasoning";
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return `Thought for ${seconds} s`;
  return `Thought for ${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export const THINKING = "Thinking…";

export interface DayGroup<T> {
  label: string;
  items: T[];
}

/** Groups what is sorted newest first by the visitor's days: Today, Yesterday, This week, then months. */
export function groupByDay<T extends { updatedAt: string }>(
  items: T[],
  zone: Zone,
  nowMs: number,
): DayGroup<T>[] {
  const groups: DayGroup<T>[] = [];
  for (const item of items) {
    const label = zone.labelOf(Date.parse(item.updatedAt), nowMs);
    if (groups.at(-1)?.label !== label) groups.push({ label, items: [] });
    groups.at(-1)?.items.push(item);
  }
  return groups;
}
