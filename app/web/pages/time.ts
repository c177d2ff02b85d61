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

const DAY_MS = 86_400_000;

export interface DayGroup<T> {
  label: string;
  items: T[];
}

/** Groups what is sorted newest first by day: Today, Yesterday, This week, then months. */
export function groupByDay<T extends { updatedAt: string }>(
  items: T[],
  nowMs: number,
): DayGroup<T>[] {
  const groups: DayGroup<T>[] = [];
  for (const item of items) {
    const label = dayLabel(Date.parse(item.updatedAt), nowMs);
    if (groups.at(-1)?.label !== label) groups.push({ label, items: [] });
    groups.at(-1)?.items.push(item);
  }
  return groups;
}

const month = new Intl.DateTimeFormat("en", {
  month: "long",
  year: "numeric",
  timeZone: "UTC",
});

function dayLabel(atMs: number, nowMs: number): string {
  const days = Math.floor(nowMs / DAY_MS) - Math.floor(atMs / DAY_MS);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  return days < 7 ? "This week" : month.format(atMs);
}
