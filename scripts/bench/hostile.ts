import http from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { renderText } from "../../app/web/rendering/growing-markdown";
import { TimeSlices } from "../../app/web/rendering/time-slices";
import { hostileTexts } from "./hostile-texts";
import { quantile, startKeepsake, Visitor } from "./support";

/*
 * Texts: the longest time for which rendering holds the event loop, for each kind of hostile text.
 *
 * Watchers: the latency of /livez, and web's memory, while many watchers follow one reply from an offset
 * that is ahead of its text, and while they read all of it.
 *
 *   scripts/bench/hostile [texts|watchers]...     both by default
 *
 * LENGTH (524288)    of each text, in characters
 * WATCHERS (100)     of the reply
 * CHECKOUT           a folder with another build, whose watchers are measured instead
 * SECONDS (20)       of following
 */

const wanted = process.argv.slice(2);
const isWanted = (part: string) => wanted.length === 0 || wanted.includes(part);
const length = Number(process.env["LENGTH"] ?? 512 * 1024);
const watchers = Number(process.env["WATCHERS"] ?? 100);
const seconds = Number(process.env["SECONDS"] ?? 20);

async function main(): Promise<void> {
  if (isWanted("texts")) await texts();
  if (isWanted("watchers")) {
    await follow("an offset ahead of the text", "?offset=1.999999999");
    await follow("all of the text", "");
  }
}

async function texts(): Promise<void> {
  const slices = new TimeSlices();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (const [name, text] of Object.entries(hostileTexts(length))) {
    await sleep(20);
    delay.reset();
    const begin = performance.now();
    await slices.run(renderText(text));
    const all = performance.now() - begin;
    await sleep(20);
    const longest = (delay.max / 1e6).toFixed(0);
    console.log(
      `${name}: longest hold ${longest} ms, ${all.toFixed(0)} ms in all`,
    );
  }
}

async function follow(what: string, query: string): Promise<void> {
  const keepsake = await startKeepsake(
    18_700,
    { ELIZA_DELAY_MS: "2" },
    process.env["CHECKOUT"],
  );
  try {
    const visitor = new Visitor(keepsake.url);
    await (await visitor.get("/")).arrayBuffer();
    const address = await visitor.post("/conversations", {
      message: "write 20000 words",
    });
    const before = keepsake.memory().web;
    const secondsBefore = keepsake.webSeconds();
    const requests = Array.from({ length: watchers }, () =>
      open(`${keepsake.url}${address}/replies/2/events${query}`, visitor),
    );
    const latencies = await probe(keepsake.url);
    const after = keepsake.memory().web;
    const processor = keepsake.webSeconds() - secondsBefore;
    for (const request of requests) request.destroy();
    console.log(
      `${watchers} watchers, ${what}: /livez median ${quantile(latencies, 0.5).toFixed(0)} ms, ` +
        `99 % ${quantile(latencies, 0.99).toFixed(0)} ms, longest ${Math.max(...latencies).toFixed(0)} ms; ` +
        `web ${before.toFixed(0)} to ${after.toFixed(0)} MiB, ${processor} s of processor time in ${seconds} s`,
    );
  } finally {
    await keepsake.stop();
  }
}

function open(url: string, { cookie }: Visitor): http.ClientRequest {
  const request = http.get(url, { headers: { cookie }, agent: false });
  request.on("response", (answer) => answer.resume());
  request.on("error", () => undefined);
  return request;
}

async function probe(url: string): Promise<number[]> {
  const latencies: number[] = [];
  const end = performance.now() + 1_000 * seconds;
  while (performance.now() < end) {
    const begin = performance.now();
    await (await fetch(`${url}/livez`)).arrayBuffer();
    latencies.push(performance.now() - begin);
    await sleep(20);
  }
  return latencies;
}

void main();
