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

export function viewCalls(calls: ApiCall[]): CallsView {
  const made = calls.filter((call) => !call.cached);
  const totalMs = made.reduce((sum, call) => sum + call.totalMs, 0);
  const noun = made.length === 1 ? "call" : "calls";
  return {
    summary: `${made.length} ${noun} · ${ms(totalMs)} ms`,
    list: withoutRepeats(calls).map((call) => ({
      name: call.name,
      cached: call.cached,
      dns: ms(call.dnsMs),
      connect: ms(call.connectMs),
      wait: ms(call.waitMs),
      transfer: ms(call.transferMs),
      total: ms(call.totalMs),
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
