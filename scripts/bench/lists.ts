/* Prints the medians of an owner's lists, pages and searches, by the number of conversations. */
import { startFleet } from "./fleet";
import { layOutConversations } from "./lay-out-conversations";
import { quantile, Visitor } from "./support";

const COUNTS = [10, 1_000];
const MESSAGES = 100;
const MEASURED = 20;

type Work = (visitor: Visitor, address: string, turn: number) => Promise<void>;

async function read(visitor: Visitor, address: string): Promise<void> {
  const answer = await visitor.get(address);
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${address}: ${answer.status}`);
}

/** A change before each, so that no list comes from the cache of web. */
const works: Record<string, Work> = {
  "first page": (visitor) => read(visitor, "/"),
  "list of conversations": (visitor) => read(visitor, "/conversations"),
  "bin, empty": (visitor) => read(visitor, "/bin"),
  "open a conversation": (visitor, address) => read(visitor, address),
  "pin, and the page after it": async (visitor, address, turn) => {
    const action = turn % 2 === 0 ? "pin" : "unpin";
    await read(visitor, await visitor.post(`${address}/${action}`, {}));
  },
  "search of a word in every message": (visitor, _, turn) =>
    read(visitor, `/search?q=words+answer+${turn % 10}`),
  "search of a missing word": (visitor, _, turn) =>
    read(visitor, `/search?q=absent${turn}`),
  "search of a missing word in titles": (visitor, _, turn) =>
    read(visitor, `/search?titles=only&q=absent${turn}`),
};

async function measure(count: number): Promise<Map<string, number>> {
  const fleet = await startFleet(1, { ELIZA_DELAY_MS: "0" });
  try {
    const visitor = new Visitor(fleet.webs[0]?.url ?? "");
    const form = { message: "Hello" };
    const address = await visitor.post("/conversations", form);
    await visitor.follow(address, 2);
    await layOutConversations(fleet.records, count - 1, MESSAGES);
    const list = await (await visitor.get("/conversations?cursor=")).text();
    const opened = [...list.matchAll(/"(\/conversations\/[a-z2-7]{26})"/g)];
    const medians = new Map<string, number>();
    for (const [name, work] of Object.entries(works)) {
      const times: number[] = [];
      for (let turn = 0; turn < MEASURED; turn++) {
        await visitor.post(`${address}/${turn % 2 ? "unpin" : "pin"}`, {});
        const target = opened[turn % Math.min(9, opened.length)]?.[1];
        const begun = performance.now();
        await work(visitor, target ?? address, turn);
        times.push(performance.now() - begun);
      }
      medians.set(name, quantile(times, 0.5));
    }
    return medians;
  } finally {
    await fleet.stop();
  }
}

async function main(): Promise<void> {
  const all: Map<string, number>[] = [];
  for (const count of COUNTS) all.push(await measure(count));
  console.log(
    `medians of ${MEASURED}, ms, with ${COUNTS.join(" and ")} conversations`,
  );
  for (const name of Object.keys(works)) {
    const values = all.map((medians) => medians.get(name)?.toFixed(1));
    console.log(`${name}: ${values.join(" / ")}`);
  }
}

void main();
