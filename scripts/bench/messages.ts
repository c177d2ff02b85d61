import http, { type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { startClockModel } from "./clock-model";
import { type Fleet, type Member, startFleet } from "./fleet";
import { messageCalls, remoteCalls } from "./message-calls";
import { quantile, Visitor } from "./support";

/*
 * Rate: whole messages with replies of 200 words, from the form's POST to the stream's end. For each
 * process its processor time a message, and its memory at the end. On NFS, the remote calls a message.
 *
 * First: replies that begin evenly over two seconds, each in a conversation of its own with a first
 * turn. Measured from the form's POST to the first text of the reply's stream.
 *
 * Calls: storage calls of web and backend for one message, by step.
 *
 *   scripts/bench/messages [rate|first|calls]...     all of them by default
 *
 * VISITORS (50)      visitors for the rate
 * SECONDS (8)        seconds for the rate
 * BEGUN (50,300)     replies begun within two seconds
 * RATE (33)          tokens per second of each reply
 * CHECKOUTS          folders with other builds, measured before this one, each after the other
 * ROUNDS (1)         rounds of all builds
 * DIRECTORY          parent of the data for the calls, for example a mount of NFS
 * TMPDIR             parent of the data for the rate and for first texts
 */

const wanted = process.argv.slice(2);
const isWanted = (part: string) => wanted.length === 0 || wanted.includes(part);
const visitors = Number(process.env["VISITORS"] ?? 50);
const seconds = Number(process.env["SECONDS"] ?? 8);
const begun = (process.env["BEGUN"] ?? "50,300").split(",").map(Number);
const rate = Number(process.env["RATE"] ?? 33);
const builds = [...(process.env["CHECKOUTS"]?.split(",") ?? []), undefined];
const rounds = Number(process.env["ROUNDS"] ?? 1);

const BEGUN_WITHIN_MS = 2_000;
const OPTIONS = { UV_THREADPOOL_SIZE: "16" };

async function main(): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (const checkout of builds) {
      if (builds.length > 1) console.log(checkout ?? "this build");
      if (isWanted("rate")) await messageRate(checkout);
      if (isWanted("first")) await firstTexts(checkout);
    }
  if (isWanted("calls")) await messageCalls(process.env["DIRECTORY"]);
}

async function messageRate(checkout?: string): Promise<void> {
  const fleet = await startFleet(
    1,
    { ...OPTIONS, ELIZA_DELAY_MS: "0" },
    checkout,
  );
  try {
    const all = await Promise.all(
      Array.from({ length: visitors }, () => beginConversation(fleet)),
    );
    const before = processorMs(fleet);
    const remoteBefore = sumOfCalls(fleet);
    const started = performance.now();
    const until = started + seconds * 1_000;
    const times: number[] = [];
    await Promise.all(
      all.map(async (conversation) => {
        while (performance.now() < until)
          times.push(await wholeMessage(conversation));
      }),
    );
    const passed = (performance.now() - started) / 1_000;
    const after = processorMs(fleet);
    const remote = sumOfCalls(fleet) - remoteBefore;
    report(`messages of 200 words at ${visitors} visitors`, {
      "a second": times.length / passed,
      "p50 ms": quantile(times, 0.5),
      "p99 ms": quantile(times, 0.99),
      "web ms a message": (after.web - before.web) / times.length,
      "backend ms a message": (after.backend - before.backend) / times.length,
      "web MiB": memoryOf(fleet.webs),
      "backend MiB": memoryOf(fleet.backends),
      ...(remote > 0 && { "remote calls a message": remote / times.length }),
    });
  } finally {
    await fleet.stop();
  }
}

async function firstTexts(checkout?: string): Promise<void> {
  const model = await startClockModel();
  const env = { MODEL_PROVIDER: "openai", ...model.env };
  const fleet = await startFleet(1, { ...OPTIONS, ...env }, checkout);
  model.rate = rate;
  try {
    for (const count of begun) {
      model.tokens = 1;
      const all = await inTurn(count, () => beginConversation(fleet));
      model.tokens = Infinity;
      const replies = await Promise.all(
        all.map(async (conversation, index) => {
          await sleep((index * BEGUN_WITHIN_MS) / count);
          return firstText(conversation);
        }),
      );
      const times = replies.map(({ ms }) => ms);
      report(`first text of ${count} replies begun within 2 s`, {
        "p50 ms": quantile(times, 0.5),
        "p90 ms": quantile(times, 0.9),
        "longest ms": Math.max(...times),
      });
      model.tokens = 0;
      await Promise.all(replies.map(({ ended }) => ended));
    }
  } finally {
    await fleet.stop();
    model.close();
  }
}

interface Begun {
  visitor: Visitor;
  target: string;
  /** The number of the next reply. */
  next: number;
}

async function beginConversation({ webs }: Fleet): Promise<Begun> {
  const visitor = new Visitor(webs[0]?.url ?? "");
  const target = await visitor.post("/conversations", { message: "hello" });
  await visitor.follow(target, 2);
  return { visitor, target, next: 4 };
}

/** @returns Milliseconds. */
async function wholeMessage(conversation: Begun): Promise<number> {
  const { visitor, target } = conversation;
  const sent = performance.now();
  await visitor.post(`${target}/messages`, { message: "write 200 words" });
  await visitor.follow(target, conversation.next);
  conversation.next += 2;
  return performance.now() - sent;
}

async function firstText({
  visitor,
  target,
  next,
}: Begun): Promise<{ ms: number; ended: Promise<void> }> {
  const sent = performance.now();
  await visitor.post(`${target}/messages`, { message: "write 1000 words" });
  const address = `${visitor.url}${target}/replies/${next}/events`;
  const stream = await opened(address, visitor.cookie);
  const ended = new Promise<void>((resolve) => {
    stream.once("close", resolve);
  });
  await new Promise<void>((resolve) => {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      if (/t\d+\.\d\de/.test(text)) resolve();
    });
    stream.once("close", resolve);
  });
  return { ms: performance.now() - sent, ended };
}

async function opened(url: string, cookie: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { headers: { cookie }, agent: false });
    request.once("error", reject);
    request.once("response", (answer) => {
      if (answer.statusCode === 200) resolve(answer);
      else reject(new Error(`GET ${url} answered ${answer.statusCode}`));
    });
  });
}

async function inTurn<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  for (let index = 0; index < count; index++) done.push(await work());
  return done;
}

const processorMs = ({ webs, backends }: Fleet) => ({
  web: sumOf(webs.map((member) => member.processorMs())),
  backend: sumOf(backends.map((member) => member.processorMs())),
});

const sumOfCalls = ({ records }: Fleet) =>
  sumOf([...remoteCalls(records).values()]);

const memoryOf = (members: Member[]) =>
  sumOf(members.map((member) => member.memory()));

const sumOf = (numbers: number[]) =>
  numbers.reduce((sum, number) => sum + number, 0);

function report(what: string, figures: Record<string, number>): void {
  const shown = Object.entries(figures).map(
    ([name, value]) => `${name} ${value.toFixed(value < 100 ? 1 : 0)}`,
  );
  console.log(`${what}: ${shown.join(", ")}`);
}

void main();
