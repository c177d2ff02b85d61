import { LRUCache } from "lru-cache";
import type { Locale } from "../../core/texts/locale";

const DAY_MS = 86_400_000;

/** The days of a zone around a moment: the first millisecond of each. */
interface Days {
  week: number;
  yesterday: number;
  today: number;
  tomorrow: number;
}

/** A time zone, for the names of days in lists. */
export class Zone {
  readonly #day: Intl.DateTimeFormat;
  #days: Days | undefined;

  /**
   * @param name As `Intl` knows it.
   * @param isStated True to name the zone, for visitors whose own is not known.
   * @throws RangeError if there is no such zone.
   */
  constructor(
    private readonly name: string,
    private readonly isStated = false,
  ) {
    // The Swedish order is that of ISO 8601.
    this.#day = new Intl.DateTimeFormat("sv-SE", { timeZone: name });
  }

  /** Today, Yesterday, This week, or the month. */
  labelOf(atMs: number, nowMs: number, locale: Locale): string {
    const { today, yesterday, week } = this.#daysAround(nowMs);
    const { name: zone, isStated } = this;
    if (atMs >= today) {
      return isStated
        ? locale.t("day.todayIn", { zone })
        : locale.t("day.today");
    }
    if (atMs >= yesterday) {
      return isStated
        ? locale.t("day.yesterdayIn", { zone })
        : locale.t("day.yesterday");
    }
    return atMs >= week ? locale.t("day.thisWeek") : locale.month(atMs, zone);
  }

  /** A date with its time. */
  timeOf(atMs: number, locale: Locale): string {
    const { name: zone, isStated } = this;
    const time = locale.time(atMs, zone);
    return isStated ? locale.t("time.in", { time, zone }) : time;
  }

  /** The first millisecond of a date, such as `2026-01-31`, or of a day so many days later. */
  startOfDate(date: string, later = 0): number {
    const at = Date.parse(date) + later * DAY_MS;
    return this.#startOf(at / DAY_MS, at - 2 * DAY_MS, at + 2 * DAY_MS);
  }

  #daysAround(nowMs: number): Days {
    const known = this.#days;
    if (known && known.today <= nowMs && nowMs < known.tomorrow) return known;
    const day = this.#dayOf(nowMs);
    this.#days = {
      week: this.#startOf(day - 6, nowMs - 8 * DAY_MS, nowMs),
      yesterday: this.#startOf(day - 1, nowMs - 3 * DAY_MS, nowMs),
      today: this.#startOf(day, nowMs - 2 * DAY_MS, nowMs),
      tomorrow: this.#startOf(day + 1, nowMs, nowMs + 2 * DAY_MS),
    };
    return this.#days;
  }

  /** The number of the local day. */
  #dayOf(atMs: number): number {
    return Math.round(Date.parse(this.#day.format(atMs)) / DAY_MS);
  }

  /** Searches for the first millisecond of a day: days with a change of the clock are longer or shorter. */
  #startOf(day: number, before: number, after: number): number {
    let low = before;
    let high = after;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#dayOf(middle) >= day) high = middle;
      else low = middle;
    }
    return high;
  }
}

/** For visitors without the script, which names the zone. */
const utc = new Zone("UTC", true);

/** More than there are. Bounds what odd cookies may add. */
const zones = new LRUCache<string, Zone>({ max: 600 });

/** The zone with this name; UTC if there is none. */
export function zoneOf(name: string | undefined): Zone {
  if (!name || !/^[\w/+-]{1,40}$/.test(name)) return utc;
  const known = zones.get(name);
  if (known) return known;
  const zone = createZone(name);
  zones.set(name, zone);
  return zone;
}

function createZone(name: string): Zone {
  try {
    return new Zone(name);
  } catch {
    return utc;
  }
}
