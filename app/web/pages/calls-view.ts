import type { Locale } from "../../core/texts/locale";
import type { ApiCall } from "../backend-client/api";

/** The durations of a page's API calls, for its panel. */
export interface CallsView {
  summary: string;
  list: {
    name: string;
    cached: boolean;
    dns: string;
    connect: string;
    wait: string;
    transfer: string;
    total: string;
  }[];
}

export function viewCalls(locale: Locale, calls: ApiCall[]): CallsView {
  const made = calls.filter((call) => !call.cached);
  const totalMs = made.reduce((sum, call) => sum + call.totalMs, 0);
  const decimal = (value: number) => locale.decimal(value);
  return {
    summary: locale.t("calls.summary", {
      count: made.length,
      ms: decimal(totalMs),
    }),
    list: withoutRepeats(calls).map((call) => ({
      name: call.name,
      cached: call.cached,
      dns: decimal(call.dnsMs),
      connect: decimal(call.connectMs),
      wait: decimal(call.waitMs),
      transfer: decimal(call.transferMs),
      total: decimal(call.totalMs),
    })),
  };
}

/** Lists each record that came from the cache once, however often the page read it. */
function withoutRepeats(calls: ApiCall[]): ApiCall[] {
  const seen = new Set<string>();
  return calls.filter(({ name, cached }) => {
    if (!cached) return true;
    const isFirst = !seen.has(name);
    seen.add(name);
    return isFirst;
  });
}

/** The value of `Server-Timing`, for the browser's developer tools. */
export function serverTiming(calls: ApiCall[], totalMs: number): string {
  const timings = calls.flatMap((call, index) => timingOf(call, `api${index}`));
  return [...timings, `total;dur=${ms(totalMs)}`].join(", ");
}

function timingOf(call: ApiCall, id: string): string[] {
  const { name } = call;
  if (call.cached) return [`${id};desc="${name} (cached)";dur=0.0`];
  return [
    `${id};desc="${name}";dur=${ms(call.totalMs)}`,
    `${id}-dns;dur=${ms(call.dnsMs)}`,
    `${id}-connect;dur=${ms(call.connectMs)}`,
    `${id}-wait;dur=${ms(call.waitMs)}`,
    `${id}-transfer;dur=${ms(call.transferMs)}`,
  ];
}

function ms(value: number): string {
  return value.toFixed(1);
}
