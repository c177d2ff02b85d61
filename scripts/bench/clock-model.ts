import { startModelServer, type ModelServer } from "./model-server";

/** A model whose tokens contain the time when they were sent, so that a client can measure the latency. */
export interface ClockModel extends ModelServer {
  /** Tokens per second. */
  rate: number;
  /** Tokens per reply; a lower number also ends replies that have as many. */
  tokens: number;
}

/** Tokens in a paragraph, as in prose. */
const PARAGRAPH = 60;

/** Milliseconds with two decimals, between a `t` and an `e`. */
const stampOf = (ms: number) => `t${ms.toFixed(2)}e `;

/** The difference of two stamps, at least: a client tells tokens apart by them. */
const STEP_MS = 0.01;

/** All times in a part of a page. */
export function stampsIn(text: string): number[] {
  return [...text.matchAll(/t(\d+\.\d\d)e/g)].map(([, ms]) => Number(ms));
}

export async function startClockModel(): Promise<ClockModel> {
  let newest = 0;
  const settings = { rate: 20, tokens: 200 };
  const token = (index: number) => {
    if (index >= settings.tokens) return undefined;
    const end = index % PARAGRAPH === PARAGRAPH - 1 ? "\n\n" : "";
    newest = Math.max(performance.now(), newest + STEP_MS);
    return stampOf(newest) + end;
  };
  const server = await startModelServer(() => ({ rate: settings.rate, token }));
  return Object.assign(settings, server);
}
