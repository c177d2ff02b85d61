import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import autocannon from "autocannon";
import Koa from "koa";
import nunjucks from "nunjucks";
import { quantile, startKeepsake, Visitor, type Running } from "./support";

/*
 * Pages: the page of a conversation of 20 messages, with a session, beside a bare Koa page that
 * renders a template of the same size, taking turns in one run at 1, 10 and 50 visitors.
 * Messages: whole replies of 200 words at 50 visitors, from the form's post to the stream's end.
 * Memory: of both processes at rest, and after 1,000 sessions with a message each.
 *
 *   scripts/bench/pages [SECONDS]      seconds for each figure, 8 by default
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
  const visitor = new Visitor(keepsake.url);
  const target = await conversationOf(visitor, 20);
  const html = await (await visitor.get(target)).text();
  const bare = await bareServer(html);
  const bareUrl = `http://localhost:${(bare.address() as AddressInfo).port}/`;
  console.log(`the page has ${html.length} characters of HTML`);
  for (const connections of [1, 10, 50]) {
    const ours = await rate(keepsake.url + target, connections, visitor.cookie);
    const theirs = await rate(bareUrl, connections, "");
    report(`pages a second at ${connections} visitors`, {
      keepsake: ours.rate,
      bare: theirs.rate,
      ratio: ours.rate / theirs.rate,
      "keepsake p99 ms": ours.p99,
      "bare p99 ms": theirs.p99,
    });
  }
  bare.close();
}

async function rate(url: string, connections: number, cookie: string) {
  const headers = { cookie, "accept-encoding": "gzip, br" };
  await autocannon({ url, connections, duration: 2, headers });
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    headers,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers of ${url} were no page`);
  return { rate: result.requests.average, p99: result.latency.p99 };
}

/** A page made by Koa and nunjucks alone, of as many articles and as many characters. */
async function bareServer(html: string): Promise<Server> {
  const count = 20;
  const template = nunjucks.compile(
    "<!doctype html><title>{{ title }}</title>{% for text in texts %}<article>{{ text | safe }}</article>{% endfor %}",
  );
  const texts = Array.from({ length: count }, (_, index) =>
    html.slice(
      (html.length * index) / count,
      (html.length * (index + 1)) / count,
    ),
  );
  const app = new Koa();
  app.use((ctx) => {
    ctx.type = "html";
    ctx.body = template.render({ title: "Bare", texts });
  });
  return new Promise<Server>((resolve) => {
    const server = app.listen(0, () => resolve(server));
  });
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

void main();
