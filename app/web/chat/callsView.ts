import type { ApiCall } from "../api/Api";

/** What a page's API calls cost, as its panel shows it. */
export interface CallsView {
  summary: string;
  list: {
    name: string;
    cached: boolean;
    dns: string;
    connect: string;
    wait: string;
    total: string;
  }[];
}

export function viewCalls(calls: ApiCall[]): CallsView {
  const made = calls.filter((call) => !call.cached);
  const totalMs = made.reduce((sum, call) => sum + call.totalMs, 0);
  const noun = made.length === 1 ? "call" : "calls";
  return {
    summary: `${made.length} ${noun} · ${ms(totalMs)} ms`,
    list: calls.map((call) => ({
      name: call.name,
      cached: call.cached,
      dns: ms(call.dnsMs),
      connect: ms(call.connectMs),
      wait: ms(call.waitMs),
      total: ms(call.totalMs),
    })),
  };
}

/** The same for the browser's developer tools: the value of `Server-Timing`. */
export function serverTiming(calls: ApiCall[], totalMs: number): string {
  const parts = calls.map(({ name, cached, totalMs: duration }, index) =>
    [
      `api${index}`,
      `desc="${name.replace(/[^\w :/.-]/g, "")}${cached ? " (cached)" : ""}"`,
      `dur=${ms(duration)}`,
    ].join(";"),
  );
  return [...parts, `total;dur=${ms(totalMs)}`].join(", ");
}

function ms(value: number): string {
  return value.toFixed(1);
}
