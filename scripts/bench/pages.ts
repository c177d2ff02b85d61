import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import autocannon from "autocannon";
import { quantile, startKeepsake, Visitor, type Running } from "./support";

/*
 * Pages: a conversation of 20 messages, with a session and a conversation for each of 1, 10 and 50
 * visitors. Compared in turns with a bare Koa process that renders a template of the same size.
 *
 * Messages: whole replies of 200 words for 50 visitors, from the form's POST to the stream's end.
 *
 * Memory: both processes at rest, and after 1,000 sessions with a message each.
 *
 *   scripts/bench/pages [SECONDS]      seconds for each figure (8)
 */

const seconds = Number(process.argv[2] ?? 8);
const port = Number(process.env.PORT ?? 18_080);

async function main(): Promise<void> {
  const keepsake = await startKeepsake(port, { ELIZA_DELAY_MS: "0" });
  try {
    report("memory at rest, MiB", keepsake.memory());
    await pages(keepsake);
    await messages(keepsake, 50);
    await sessions(keepsake, 1000);
  } finally {
    await keepsake.stop();
  }
}

async function pages(keepsake: Running): Promise<void> {
  const compared = await pageRates(keepsake.url, 50);
  console.log(`the page has ${compared.length} characters of HTML`);
  for (const connections of [1, 10, 50]) {
    const { ours, bare } = await compared.round(connections, seconds);
    report(`pages a second at ${connections} visitors`, {
      keepsake: ours.rate,
      bare: bare.rate,
      ratio: ours.rate / bare.rate,
      "keepsake p99 ms": ours.p99,
      "bare p99 ms": bare.p99,
    });
  }
  compared.stop();
}

/** Prepares pages of Keepsake for some visitors, and a bare Koa process that renders as many characters. */
export async function pageRates(keepsakeUrl: string, visitors: number) {
  const all = await Promise.all(
    Array.from({ length: visitors }, () => visitedPage(keepsakeUrl)),
  );
  const [first] = all;
  const html = await (await fetch(first?.url ?? "", first)).text();
  const { bare, url } = await startBare(html);
  return {
    length: html.length,
    /** Measures both, one after the other. */
    round: async (connections: number, duration: number) => ({
      ours: await rate(all.slice(0, connections), duration),
      bare: await rate(
        Array.from({ length: connections }, () => ({ url, headers: {} })),
        duration,
      ),
    }),
    stop: () => bare.disconnect(),
  };
}

/** A page, and its visitor's headers. */
interface Visited {
  url: string;
  headers: Record<string, string>;
}

async function visitedPage(url: string): Promise<Visited> {
  const visitor = new Visitor(url);
  const target = await conversationOf(visitor, 20);
  return { url: url + target, headers: { cookie: visitor.cookie } };
}

/** Requests each page repeatedly, over its own connection. */
async function rate(visited: Visited[], measuredSeconds: number) {
  const ask = (duration: number) => {
    let next = 0;
    return autocannon({
      url: visited[0]?.url ?? "",
      connections: visited.length,
      duration,
      setupClient: (client) => {
        const { url, headers } = visited[next++ % visited.length] as Visited;
        const all = { ...headers, "accept-encoding": "gzip, br" };
        const { pathname } = new URL(url);
        client.setRequests([{ method: "GET", path: pathname, headers: all }]);
      },
    });
  };
  await ask(Math.min(2, measuredSeconds));
  const result = await ask(measuredSeconds);
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} requests failed`);
  return { rate: result.requests.average, p99: result.latency.p99 };
}

async function startBare(
  html: string,
): Promise<{ bare: ChildProcess; url: string }> {
  const bare = fork(path.join(__dirname, "bare-page.js"));
  bare.send(html);
  const [bound] = (await once(bare, "message")) as [number];
  return { bare, url: `http://localhost:${bound}/` };
}

async function conversationOf(
  visitor: Visitor,
  messageCount: number,
): Promise<string> {
  await (await visitor.get("/")).arrayBuffer();
  const target = await visitor.post("/conversations", {
    message: "write 50 words",
  });
  await visitor.follow(target, 2);
  for (let number = 4; number <= messageCount; number += 2) {
    await visitor.post(`${target}/messages`, { message: "write 50 words" });
    await visitor.follow(target, number);
  }
  return target;
}

async function messages(keepsake: Running, visitors: number): Promise<void> {
  const latencies: number[] = [];
  const started = performance.now();
  const until = started + seconds * 1000;
  await Promise.all(
    Array.from({ length: visitors }, async () => {
      const visitor = new Visitor(keepsake.url);
      const target = await conversationOf(visitor, 2);
      for (let number = 4; performance.now() < until; number += 2) {
        const sent = performance.now();
        await visitor.post(`${target}/messages`, {
          message: "write 200 words",
        });
        await visitor.follow(target, number);
        latencies.push(performance.now() - sent);
      }
    }),
  );
  report(`whole messages of 200 words at ${visitors} visitors`, {
    "a second": latencies.length / ((performance.now() - started) / 1000),
    "p50 ms": quantile(latencies, 0.5),
    "p99 ms": quantile(latencies, 0.99),
  });
}

async function sessions(keepsake: Running, count: number): Promise<void> {
  const before = keepsake.memory();
  for (let begun = 0; begun < count; begun += 20) {
    await Promise.all(
      Array.from({ length: 20 }, () =>
        conversationOf(new Visitor(keepsake.url), 2),
      ),
    );
  }
  const after = keepsake.memory();
  report(`memory after ${count} sessions, MiB`, after);
  report("memory a session, MiB", {
    both: (after.web + after.backend - before.web - before.backend) / count,
  });
}

function report(what: string, figures: Record<string, number>): void {
  const shown = Object.entries(figures).map(
    ([name, value]) => `${name} ${value.toFixed(value < 10 ? 3 : 1)}`,
  );
  console.log(`${what}: ${shown.join(", ")}`);
}

if (require.main === module) void main();
