import { mkdirSync } from "node:fs";
import path from "node:path";
import { startFleet } from "../fleet";
import { layOutConversations } from "../lay-out-conversations";
import { keepsakeEnvironment } from "../peers/keepsake";
import {
  getSession,
  layOutSessions,
  ratesOf,
} from "../session-stores/at-scale";
import { Visitor } from "../support";
import {
  add,
  type Arena,
  type Measure,
  newMeasure,
  type Part,
} from "./measure";

const MEASURED = 30;

export const growth: Part = {
  name: "growth",
  title: "Growth",
  method: [
    "Keepsake alone: the others have no list of conversations, and Streamlit reads one file a session.",
    "One owner's conversations are laid out on disk in the real format, without flushes; then the owner's first page is read, and a message is sent in a conversation.",
    "Sessions are laid out on disk, too, in the cache folder of this script, where they stay for later runs: a million posts would take hours. They are read at random, 8 at a time, past all caches.",
  ],
  run: async (arena) => [
    ...(await growingConversations(arena)),
    await growingSessions(arena.isQuick),
  ],
};

async function growingConversations({
  model,
  isQuick,
}: Arena): Promise<Measure[]> {
  const page = newMeasure(
    "First page, by the owner's conversations",
    "ms",
    "lower",
  );
  const message = newMeasure(
    "A message's POST, by the owner's conversations",
    "ms",
    "lower",
  );
  Object.assign(model, { rate: Infinity, tokens: 5 });
  const fleet = await startFleet(1, {
    ...keepsakeEnvironment,
    ...model.env,
    CONVERSATIONS_PER_OWNER: "1000000",
  });
  try {
    const visitor = new Visitor(fleet.webs[0]?.url ?? "");
    const conversation = await visitor.post("/conversations", {
      message: "Hello",
    });
    await visitor.follow(conversation, 2);
    let number = 2;
    let laidOut = 1;
    for (const count of isQuick ? [10, 1_000] : [10, 10_000]) {
      await layOutConversations(fleet.records, count - laidOut);
      laidOut = count;
      const name = `${count.toLocaleString("en")} conversations`;
      await (await visitor.get("/")).arrayBuffer();
      for (let each = 0; each < MEASURED; each++) {
        add(
          page,
          name,
          await timed(async () => (await visitor.get("/")).arrayBuffer()),
        );
        number += 2;
        add(
          message,
          name,
          await timed(() =>
            visitor.post(`${conversation}/messages`, { message: "Hello" }),
          ),
        );
        await visitor.follow(conversation, number);
      }
    }
  } finally {
    await fleet.stop();
  }
  return [page, message];
}

async function growingSessions(isQuick: boolean): Promise<Measure> {
  const reads = newMeasure(
    "Reads of sessions a second, by their number",
    "a second",
    "higher",
  );
  const folder = path.join(
    process.env["BENCH_CACHE"] ?? "build/bench-all",
    "sessions",
  );
  mkdirSync(folder, { recursive: true });
  const fields = (isQuick ? [1, 100_000] : [1, 1_000_000]).map((count) =>
    layOutSessions(folder, count),
  );
  for (let round = 0; round < 5; round++) {
    const rates = await ratesOf(getSession, fields, 1_000);
    for (const [index, { ids }] of fields.entries()) {
      const count = ids.length.toLocaleString("en");
      const name = count === "1" ? "1 session" : `${count} sessions`;
      add(reads, name, rates[index] ?? NaN);
    }
  }
  return reads;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
