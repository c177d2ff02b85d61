import { groupByDay } from "../../app/web/pages/time";
import { english } from "../../app/core/texts/locale";
import { Zone, zoneOf } from "../../app/web/pages/zone";

const at = (time: string) => Date.parse(time);

const labels = (zone: string, now: string, times: string[]) =>
  groupByDay(
    times.map((updatedAt) => ({ updatedAt })),
    { zone, locale: english },
    at(now),
  ).map(({ label, items }) => [
    label,
    ...items.map(({ updatedAt }) => updatedAt),
  ]);

const labelIn = (zone: Zone, atMs: number, nowMs: number) =>
  zone.labelOf(atMs, nowMs, english);

test("groups by the days of the visitor's zone", () => {
  const times = [
    "2026-03-10T05:00:00Z",
    "2026-03-10T03:59:59Z",
    "2026-03-09T04:00:00Z",
    "2026-03-08T12:00:00Z",
    "2026-03-01T12:00:00Z",
    "2026-02-01T04:59:59Z",
  ];
  // New York is four hours behind UTC from March 8 on, and five before.
  expect(labels("America/New_York", "2026-03-10T12:00:00Z", times)).toEqual([
    ["Today", times[0]],
    ["Yesterday", times[1], times[2]],
    ["This week", times[3]],
    ["March 2026", times[4]],
    ["January 2026", times[5]],
  ]);
});

test.each([
  ["2026-03-29T00:30:00+01:00", "2026-03-29T23:30:00+02:00"],
  ["2026-10-25T00:30:00+02:00", "2026-10-25T23:30:00+01:00"],
])("knows a day on which the clock changes: %s to %s", (morning, evening) => {
  const zone = new Zone("Europe/Berlin");
  expect(labelIn(zone, at(morning), at(evening))).toBe("Today");
  expect(labelIn(zone, at(morning) - 1_800_001, at(evening))).toBe("Yesterday");
});

test("begins the next day at midnight, also in a zone that was used before", () => {
  const zone = new Zone("Asia/Kolkata");
  const sent = at("2026-01-31T23:59:00+05:30");
  expect(labelIn(zone, sent, at("2026-01-31T23:59:59.999+05:30"))).toBe(
    "Today",
  );
  expect(labelIn(zone, sent, at("2026-02-01T00:00:00+05:30"))).toBe(
    "Yesterday",
  );
  expect(labelIn(zone, sent, at("2026-02-03T10:00:00+05:30"))).toBe(
    "This week",
  );
  expect(labelIn(zone, sent, at("2026-02-07T00:00:00+05:30"))).toBe(
    "January 2026",
  );
});

test.each([undefined, "", "Nowhere/None", "<b>", "x".repeat(100)])(
  "states UTC for the zone %p",
  (name) => {
    const now = at("2026-01-31T10:00:00Z");
    expect(zoneOf(name).labelOf(now, now, english)).toBe("Today (UTC)");
  },
);
