import { fork } from "node:child_process";
import { once } from "node:events";
import { constants, setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { quantile, startKeepsake } from "../../bench/support";
import { attacks } from "./attacks";
import { Client } from "./client";
import { startModelServer } from "./model-server";

/* See scripts/stress-abuse. */

/** Milliseconds, and the memory limits of the manifests in MiB. */
const BOUNDS = { ms: 250, web: 512, backend: 512 };

const HONEST = 10;
const WARM_UP_MS = 4_000;
const PORT = 18_900;
const seconds = Number(process.env["STRESS_SECONDS"] ?? 20);

/** As in the manifests, with one proxy in front. */
const SETTINGS = {
  TRUSTED_PROXIES: "1",
  SESSIONS_PER_MINUTE: "120",
  MESSAGES_PER_MINUTE: "120",
  STREAMS_PER_MINUTE: "600",
  SEARCHES_PER_MINUTE: "60",
  STREAMS_PER_OWNER: "20",
};

interface Figures {
  livez: number[];
  pages: number[];
  refused: Record<string, number>;
  web: number;
  backend: number;
}

async function main(names: string[]): Promise<void> {
  const model = await forkModel();
  for (const name of ["nobody", ...names]) {
    const figures = await measure(name, model.url);
    console.log(describe(name, figures));
    if (name !== "nobody" && isBeyond(figures)) process.exitCode = 1;
  }
  model.kill();
  // Requests of the last attack may still be open.
  process.exit();
}

/** In a process of its own, so that it delays no measurement. */
async function forkModel(): Promise<{ url: string; kill: () => void }> {
  const child = fork(__filename, ["model"]);
  const [url] = (await once(child, "message")) as [string];
  return { url, kill: () => void child.kill() };
}

const newFigures = (): Figures => ({
  livez: [],
  pages: [],
  refused: {},
  web: 0,
  backend: 0,
});

async function measure(name: string, modelUrl: string): Promise<Figures> {
  const env = {
    ...SETTINGS,
    MODEL_PROVIDER: "openai",
    OPENAI_BASE_URL: modelUrl,
    OPENAI_API_KEY: "none",
  };
  const keepsake = await startKeepsake(PORT, env, process.env["CHECKOUT"]);
  const figures = newFigures();
  const clients = Array.from(
    { length: HONEST },
    (_, n) => new Client(keepsake.url, `198.51.100.${n}`),
  );
  // The first pages of a process are slow: its code is compiled as it runs.
  const warm = performance.now() + WARM_UP_MS;
  await Promise.all(clients.map((one) => visit(one, warm, newFigures())));
  const attacker =
    name === "nobody"
      ? undefined
      : fork(__filename, ["attack", name, keepsake.url], { stdio: "ignore" });
  try {
    const until = performance.now() + 1_000 * seconds;
    const visitors = clients.map((one) => visit(one, until, figures));
    await Promise.all([
      ...visitors,
      probe(keepsake.url, until, figures),
      watchMemory(() => keepsake.memory(), until, figures),
    ]);
  } finally {
    attacker?.kill("SIGKILL");
    if (attacker) await once(attacker, "exit");
    await keepsake.stop();
  }
  return figures;
}

/** Reads, writes and searches at the pace of a person in a hurry. */
async function visit(
  client: Client,
  until: number,
  figures: Figures,
): Promise<void> {
  const timed = async (work: Promise<{ status: number }>, isPage = true) => {
    const begun = performance.now();
    const status = await withinAttack(work, until);
    if (isPage) figures.pages.push(performance.now() - begun);
    if (status === 200 || status === 303) return;
    figures.refused[status] = (figures.refused[status] ?? 0) + 1;
  };
  let address = "/";
  for (let n = 0; performance.now() < until; n++) {
    await timed(client.get(address));
    if (n % 8 === 0) {
      const sent = client.post("/conversations", { message: "hello" });
      await timed(sent, false);
      const over = sleep(Math.max(0, until - performance.now()), undefined);
      const answer = await Promise.race([sent.catch(() => undefined), over]);
      address = answer?.location ?? address;
    }
    // A search waits its turn, so it is no page in the sense of the bound.
    if (n % 8 === 4) await timed(client.get("/search?q=hello"), false);
    await sleep(200 + 200 * Math.random());
  }
}

async function probe(
  url: string,
  until: number,
  { livez }: Figures,
): Promise<void> {
  const client = new Client(url, "198.51.100.200");
  const ask = async () => {
    const begun = performance.now();
    await withinAttack(client.get("/livez"), until);
    livez.push(performance.now() - begun);
  };
  const asked: Promise<void>[] = [];
  // On time, also while no answer comes: otherwise a long pause would count once.
  for (; performance.now() < until; await sleep(50)) {
    asked.push(ask());
  }
  await Promise.all(asked);
}

/** The status of an answer; `unanswered` if it has not come by the end of the attack and a second. */
async function withinAttack(
  work: Promise<{ status: number }>,
  until: number,
): Promise<number | "unanswered"> {
  const leftMs = Math.max(0, until + 1_000 - performance.now());
  const answer = work.then(
    ({ status }) => status,
    () => 0,
  );
  return Promise.race([answer, sleep(leftMs, "unanswered" as const)]);
}

async function watchMemory(
  memory: () => { web: number; backend: number },
  until: number,
  figures: Figures,
): Promise<void> {
  while (performance.now() < until) {
    try {
      const { web, backend } = memory();
      figures.web = Math.max(figures.web, web);
      figures.backend = Math.max(figures.backend, backend);
    } catch {
      figures.refused["process died"] ??= 1;
    }
    await sleep(500);
  }
}

const ms = (values: number[], share: number) =>
  `${quantile(values, share).toFixed(0)} ms`;

const spread = (values: number[]) =>
  `${ms(values, 0.5)}, 99 % ${ms(values, 0.99)}, longest ${ms(values, 1)}`;

function describe(name: string, figures: Figures): string {
  const { livez, pages, refused, web, backend } = figures;
  return [
    `${name}:`,
    `/livez ${spread(livez)};`,
    `honest pages ${spread(pages)} (${pages.length});`,
    `refused ${JSON.stringify(refused)};`,
    `web ${web.toFixed(0)} MiB, backend ${backend.toFixed(0)} MiB`,
  ].join(" ");
}

function isBeyond({ livez, pages, refused, web, backend }: Figures): boolean {
  return (
    quantile(livez, 0.99) > BOUNDS.ms ||
    quantile(pages, 0.99) > BOUNDS.ms ||
    Object.keys(refused).length > 0 ||
    web > BOUNDS.web ||
    backend > BOUNDS.backend
  );
}

const [first, name = "", url = ""] = process.argv.slice(2);
if (first === "model") {
  void startModelServer().then(({ url: address }) => process.send?.(address));
} else if (first === "attack") {
  // The attacker has machines of its own.
  setPriority(constants.priority.PRIORITY_LOW);
  void attacks[name]?.(url);
} else {
  const asked = process.argv.slice(2);
  const unknown = asked.find((one) => !attacks[one]);
  if (unknown) throw new Error(`There is no attack ${unknown}.`);
  void main(asked.length > 0 ? asked : Object.keys(attacks));
}
