import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "./client";

/** The network address of every attacker: what one stranger can do. */
const ADDRESS = "203.0.113.7";

/** By the finding that each repeats. It goes on until it is killed. */
export type Attack = (url: string) => Promise<unknown>;

export const attacks: Record<string, Attack> = {
  /** Watchers of a long reply, with an offset ahead of its text and without one. */
  watchers: async (url) => {
    const attacker = await visitor(url);
    const address = await begin(attacker, "write 20000 words");
    for (let n = 0; ; n++) {
      const offset = n % 2 ? "?offset=1.999999999" : "";
      const open = Array.from({ length: 100 }, () =>
        attacker.open(`${address}/replies/2/events${offset}`),
      );
      await sleep(5_000);
      for (const request of open) request.destroy();
    }
  },

  /** Sixty forms of 4 MB at once, that cost much to parse. */
  forms: (url) =>
    repeat(60, async () => {
      const attacker = await visitor(url);
      await attacker.post("/conversations", "a&".repeat(2 * 1024 * 1024));
    }),

  /** Pages and messages without a cookie, and with a new one for each. */
  strangers: (url) =>
    repeat(30, async (n) => {
      const message = { message: "write 2000 words" };
      const stranger = new Client(url, ADDRESS);
      if (n % 3 > 0) await stranger.get("/");
      if (n % 3 < 2) await stranger.post("/conversations", message);
    }),

  /** Pages with a reply of many images, which cost much to render. */
  images: async (url) => {
    const attacker = await visitor(url);
    const address = await begin(attacker, "images");
    await repeat(10, () => attacker.get(address));
  },

  /** Sixty messages of 64 KB, and twenty searches at once. */
  search: async (url) => {
    const attacker = await visitor(url);
    for (let n = 0; n < 60; n++) {
      await begin(attacker, `${n} ${"été ".repeat(11_000)}`);
    }
    await repeat(20, () => attacker.get("/search?q=nowhere"));
  },

  /** Five conversations of messages of 1 MB, and pages of them. */
  texts: async (url) => {
    const attacker = await visitor(url);
    const message = "été ".repeat(170_000);
    const addresses: string[] = [];
    await repeat(5, async (n) => {
      addresses[n] ??= await begin(attacker, `${n} ${message}`);
      await attacker.get(addresses[n]);
      const key = randomUUID();
      await attacker.post(`${addresses[n]}/messages`, { message, key });
    });
  },
};

async function visitor(url: string): Promise<Client> {
  const client = new Client(url, ADDRESS);
  await client.get("/");
  return client;
}

/** @returns The path of the conversation; tries again when a limit refuses it. */
async function begin(client: Client, message: string): Promise<string> {
  for (;;) {
    const { location } = await client.post("/conversations", { message });
    if (location) return location;
    await sleep(1_000);
  }
}

/** Does something without an end, so many at a time. What is refused is tried again at once. */
async function repeat(
  atOnce: number,
  work: (n: number) => Promise<unknown>,
): Promise<void> {
  const one = async (n: number) => {
    for (;;) {
      await work(n).catch(() => undefined);
      await sleep(10);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, n) => one(n)));
}
