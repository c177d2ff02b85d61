import { setTimeout as sleep } from "node:timers/promises";
import { stampsIn } from "../clock-model";
import type { ChatVisitor, Contestant } from "../peers/chat";
import { quantile } from "../support";
import {
  add,
  type Arena,
  inBatches,
  newMeasure,
  type Part,
  takeTurns,
} from "./measure";

const VISITORS = 50;
const TOKENS = 200;

export const messages: Part = {
  name: "messages",
  title: "Messages",
  method: [
    `${VISITORS} visitors, each with an open page, send one message after another; each reply has ${TOKENS} tokens, which the model sends as fast as it can.`,
    "A message counts when its reply has ended.",
  ],
  async run(arena) {
    const rate = newMeasure("Messages a second", "a second", "higher");
    const seconds = newMeasure("A message and its reply, median", "s", "lower");
    const measures = [rate, seconds];
    const rounds = arena.isQuick ? 1 : 3;
    const ms = arena.isQuick ? 4_000 : 8_000;
    await takeTurns(arena, rounds, measures, async (contestant) => {
      const visitors = await openVisitors(arena, contestant, VISITORS);
      Object.assign(arena.model, { rate: Infinity, tokens: TOKENS });
      const times: number[] = [];
      const begun = performance.now();
      await Promise.all(
        visitors.map(async (visitor) => {
          while (performance.now() - begun < ms) {
            const sent = performance.now();
            await visitor.send("Hello", () => undefined);
            times.push((performance.now() - sent) / 1_000);
          }
        }),
      ).finally(() => closeAll(visitors));
      const elapsed = (performance.now() - begun) / 1_000;
      add(rate, contestant.name, times.length / elapsed);
      add(seconds, contestant.name, quantile(times, 0.5));
    });
    return measures;
  },
};

const STREAMS = 50;
const WITHIN_MS = 2_000;
const TOKEN_MS = 30;

export const streams: Part = {
  name: "streams",
  title: "Streams",
  method: [
    `${STREAMS} visitors with an open page send a message each, evenly over ${WITHIN_MS / 1_000} s; each reply has ${TOKENS} tokens, one every ${TOKEN_MS} ms.`,
    "The model's first token comes 0 to 30 ms after it is asked.",
    "The first text is timed from the message's sending; the lag is from the model's sending of a token to its arrival at the visitor.",
  ],
  async run(arena) {
    const first = newMeasure("First text, median", "ms", "lower");
    const lag = newMeasure("Lag of a token, p99", "ms", "lower");
    const lagMedian = newMeasure("Lag of a token, median", "ms", "lower");
    const measures = [first, lag, lagMedian];
    const rounds = arena.isQuick ? 1 : 3;
    await takeTurns(arena, rounds, measures, async (contestant) => {
      const visitors = await openVisitors(arena, contestant, STREAMS);
      Object.assign(arena.model, { rate: 1_000 / TOKEN_MS, tokens: TOKENS });
      const seen: Seen[] = await Promise.all(
        visitors.map(async (visitor, index) => {
          await sleep((index * WITHIN_MS) / STREAMS);
          return watch(visitor);
        }),
      ).finally(() => closeAll(visitors));
      const lags = seen.flatMap((one) => one.lags);
      const missing = 1 - lags.length / (STREAMS * TOKENS);
      if (missing > 0.02)
        for (const { notes } of measures)
          notes.set(
            contestant.name,
            `${Math.round(missing * 100)} % of the tokens were not seen whole`,
          );
      add(
        first,
        contestant.name,
        quantile(
          seen.map(({ firstMs }) => firstMs),
          0.5,
        ),
      );
      add(lag, contestant.name, quantile(lags, 0.99));
      add(lagMedian, contestant.name, quantile(lags, 0.5));
    });
    return measures;
  },
};

interface Seen {
  firstMs: number;
  lags: number[];
}

/** Sends a message and notes when each token of the reply arrives. */
async function watch(visitor: ChatVisitor): Promise<Seen> {
  const sent = performance.now();
  const seen: Seen = { firstMs: NaN, lags: [] };
  let newest = sent;
  await visitor.send("Hello", (text) => {
    const now = performance.now();
    for (const stamp of stampsIn(text)) {
      // A page repeats what it showed before.
      if (stamp <= newest) continue;
      newest = stamp;
      if (seen.lags.length === 0) seen.firstMs = now - sent;
      seen.lags.push(now - stamp);
    }
  });
  return seen;
}

/** Visitors whose pages are open, after one short message each. */
export async function openVisitors(
  arena: Arena,
  contestant: Contestant,
  count: number,
): Promise<ChatVisitor[]> {
  const chat = await arena.chat(contestant);
  Object.assign(arena.model, { rate: Infinity, tokens: 5 });
  return inBatches(count, 10, async () => {
    const visitor = chat.visitor();
    await visitor.open();
    await visitor.send("Hello", () => undefined);
    return visitor;
  });
}

export const closeAll = (visitors: ChatVisitor[]) =>
  visitors.forEach((visitor) => visitor.close());
