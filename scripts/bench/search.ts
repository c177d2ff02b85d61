/* Searches beside an honest visitor: prints how long that visitor's pages take, for each build. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { startKeepsake } from "./support";

const ROUNDS = 3;
const MESSAGES = 60;
const MESSAGE_BYTES = 64 * 1024;
const SEARCHES = 20;
const PAGES = 40;
const PORT = 18_080;

/** A visitor with a session of its own, at an address of its own. */
class Visitor {
  private readonly cookies = new Map<string, string>();
  private readonly address = `10.0.${Math.floor(Math.random() * 250)}.7`;

  constructor(private readonly url: string) {}

  async send(path: string, form?: Record<string, string>): Promise<number> {
    const answer = await fetch(this.url + path, {
      method: form ? "POST" : "GET",
      redirect: "manual",
      body: form && new URLSearchParams(form),
      headers: {
        origin: this.url,
        cookie: [...this.cookies].map((pair) => pair.join("=")).join("; "),
        "x-forwarded-for": this.address,
      },
    });
    await answer.arrayBuffer();
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    return answer.status;
  }
}

async function measure(checkout: string | undefined): Promise<void> {
  const env = { ELIZA_DELAY_MS: "0", REPLIES_PER_OWNER: "1000" };
  const { url, ...running } = await startKeepsake(PORT, env, checkout);
  try {
    const attacker = new Visitor(url);
    await attacker.send("/");
    const message = "été ".repeat(MESSAGE_BYTES / 6);
    for (let sent = 0; sent < MESSAGES; sent += 1) {
      const form = { message, key: randomUUID() };
      const status = await attacker.send("/conversations", form);
      if (status !== 303) throw new Error(`A message got ${status}`);
    }
    const honest = new Visitor(url);
    await honest.send("/");
    await sleep(1_000);
    const alone = await pages(honest);
    const attack = searchUntilEnd(attacker);
    const attacked = await pages(honest);
    const statuses = await attack.end();
    console.log(checkout ?? "this build");
    console.log(`  alone        ${describe(alone)}`);
    console.log(`  beside ${SEARCHES}    ${describe(attacked)}`);
    console.log(
      `  searches     ${JSON.stringify(Object.fromEntries(statuses))}`,
    );
  } finally {
    await running.stop();
  }
}

function searchUntilEnd(attacker: Visitor) {
  const stopped = new AbortController();
  const statuses = new Map<number, number>();
  const search = async (index: number) => {
    for (let round = 0; !stopped.signal.aborted; round += 1) {
      const status = await attacker.send(`/search?q=absent-${index}-${round}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      // A client that is refused comes back at once, but not faster than a network is.
      if (status !== 200) await sleep(20);
    }
  };
  const all = Promise.all(
    Array.from({ length: SEARCHES }, (_, index) => search(index)),
  );
  return {
    end: async () => {
      stopped.abort();
      await all;
      return statuses;
    },
  };
}

/** The durations of pages, in milliseconds, ascending. */
async function pages(visitor: Visitor): Promise<number[]> {
  const durations: number[] = [];
  for (let page = 0; page < PAGES; page += 1) {
    const begun = performance.now();
    const status = await visitor.send("/");
    if (status !== 200) throw new Error(`A page got ${status}`);
    durations.push(performance.now() - begun);
    await sleep(50);
  }
  return durations.toSorted((a, b) => a - b);
}

function describe(durations: number[]): string {
  const at = (share: number) =>
    Math.round(durations[Math.ceil(share * durations.length) - 1] ?? 0);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms`;
}

async function main(): Promise<void> {
  const others = process.argv.slice(2);
  for (let round = 1; round <= ROUNDS; round += 1) {
    console.log(`round ${round}`);
    for (const checkout of [...others, undefined]) await measure(checkout);
  }
}

void main();
