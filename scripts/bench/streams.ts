import http, { type IncomingMessage } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { stampsIn, startClockModel, type ClockModel } from "./clock-model";
import { disk } from "./disk";
import { startFleet, type Fleet, type Member } from "./fleet";
import { quantile, Visitor, wordsOf } from "./support";

/*
 * Latency: Keepsake's delay between a model's token and a client of web's events, and the processor time
 * of both pods' processes a token. The model and the client are this process: its own processor time
 * is reported too, because it shares the machine. Measured at 1, 100 and 1,000 concurrent streams, each of its own
 * reply, on the writer's pod and on another pod.
 *
 * Memory: of web and backend, per active reply and per further open stream. The streams are spread
 * evenly over the replies, each with its own visitor, and receive only heartbeats.
 *
 * Readers: processor time and memory of web while many clients read one long reply, from its middle to its end.
 *
 * Gap: from a SIGKILL of the writing backend to the first text from its successor.
 *
 * Disk: storage calls for a prompt and its reply, in short and in long conversations.
 *
 *   scripts/bench/streams [latency|memory|readers|gap|disk]...     all of them by default
 *
 * RATE (20)                tokens per second of each reply
 * STREAMS (1,100,1000)     concurrent streams for the latency
 * SETTLE (5)               seconds between the beginning of the streams and the measurement
 * SECONDS (5)              seconds of the measurement
 * LEASE (4)                seconds
 * OPEN (1000,2000,5000)    open streams for the memory
 * REPLIES (1000)           active replies for the memory
 * READERS (100)            readers of one reply
 * TURNS (2,20,200)         lengths of conversations
 * CHECKOUTS                folders with other builds, measured before this one, each after the other
 * ROUNDS (1)               rounds of all builds for the latency and the readers
 */

const wanted = process.argv.slice(2);
const isWanted = (part: string) => wanted.length === 0 || wanted.includes(part);
const rate = Number(process.env["RATE"] ?? 20);
const counts = (process.env["STREAMS"] ?? "1,100,1000").split(",").map(Number);
const opened = (process.env["OPEN"] ?? "1000,2000,5000").split(",").map(Number);
const repliesOpened = Number(process.env["REPLIES"] ?? 1_000);
const settleMs = Number(process.env["SETTLE"] ?? 5) * 1_000;
const seconds = Number(process.env["SECONDS"] ?? 5);
const measuredMs = seconds * 1_000;
const leaseSeconds = process.env["LEASE"] ?? "4";
const builds = [...(process.env["CHECKOUTS"]?.split(",") ?? []), undefined];
const rounds = Number(process.env["ROUNDS"] ?? 1);
const readerCount = Number(process.env["READERS"] ?? 100);
const turns = (process.env["TURNS"] ?? "2,20,200").split(",").map(Number);

async function main(): Promise<void> {
  if (isWanted("latency")) await compare(latencies);
  if (isWanted("readers")) await compare(readers);
  if (isWanted("memory")) await withClock(memory);
  if (isWanted("gap")) await gaps();
  if (isWanted("disk")) await disk(turns);
}

async function compare(work: Parameters<typeof withClock>[0]): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (const checkout of builds) {
      if (builds.length > 1) console.log(checkout ?? "this build");
      await withClock(work, checkout);
    }
}

async function withClock(
  work: (model: ClockModel, fleet: Fleet) => Promise<void>,
  checkout?: string,
): Promise<void> {
  const model = await startClockModel();
  const env = {
    MODEL_PROVIDER: "openai",
    ...model.env,
    LEASE_SECONDS: leaseSeconds,
  };
  const fleet = await startFleet(2, env, checkout);
  try {
    await work(model, fleet);
  } finally {
    await fleet.stop();
    model.close();
  }
}

async function latencies(model: ClockModel, fleet: Fleet): Promise<void> {
  const [here, there] = fleet.webs;
  if (!here || !there) throw new Error("two of each are needed");
  for (const count of counts) {
    model.rate = rate;
    for (const [where, web] of [
      ["on the writer's pod", here],
      ["on another pod", there],
    ] as const) {
      model.tokens = Infinity;
      const streams = await openStreams(here, web, count);
      // Text that was written before the stream was opened is not measured, and the code gets warm.
      await sleep(settleMs);
      const before = processorMs(fleet);
      const { times, updates } = await timesWithin(measuredMs, streams);
      const after = processorMs(fleet);
      report(`${count} streams at ${rate} tokens a second, ${where}`, {
        "% of tokens": (times.length / (count * rate * seconds)) * 100,
        "p50 ms": quantile(times, 0.5),
        "p99 ms": quantile(times, 0.99),
        "web ms a token": (after.web - before.web) / times.length,
        "backend ms a token": (after.backend - before.backend) / times.length,
        "client and model ms a token": (after.own - before.own) / times.length,
        "updates a second and stream": updates / count / seconds,
      });
      model.tokens = 0;
      await Promise.all(streams.map(({ ended }) => ended));
    }
  }
}

/** Processor time of all processes of each kind, and of this one. */
function processorMs({ webs, backends }: Fleet) {
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1_000;
  return { web: sumOf(webs), backend: sumOf(backends), own };
}

const sumOf = (members: Member[]) =>
  members.reduce((total, member) => total + member.processorMs(), 0);

interface Measured {
  /** Is called with the delays of an update's tokens, in milliseconds. */
  onUpdate: (delaysMs: number[]) => void;
  ended: Promise<void>;
}

/** Starts replies at one web process and reads them at another. */
async function openStreams(
  begin: Member,
  read: Member,
  count: number,
): Promise<Measured[]> {
  return inBatches(count, async () => {
    const { cookie, address } = await patiently(() => beginReply(begin.url));
    const stream = await patiently(() => openStream(read.url, address, cookie));
    let last = 0;
    const ended = readAll(stream, (text) => {
      const now = performance.now();
      const fresh = stampsIn(text).filter((stamp) => stamp > last);
      last = fresh.at(-1) ?? last;
      if (fresh.length > 0) measured.onUpdate(fresh.map((at) => now - at));
    });
    const measured: Measured = { onUpdate: () => {}, ended };
    return measured;
  });
}

async function timesWithin(ms: number, streams: Measured[]) {
  const times: number[] = [];
  let updates = 0;
  for (const stream of streams) {
    stream.onUpdate = (delays) => {
      updates++;
      times.push(...delays);
    };
  }
  await sleep(ms);
  for (const stream of streams) stream.onUpdate = () => {};
  return { times, updates };
}

const PARALLEL = 10;

async function memory(model: ClockModel, fleet: Fleet): Promise<void> {
  const [web] = fleet.webs;
  const [backend] = fleet.backends;
  if (!web || !backend) throw new Error("one of each is needed");
  // Almost no tokens: only the memory of open streams is measured.
  model.rate = 0.05;
  model.tokens = 1_000;
  const taken = () => ({ web: web.memory(), backend: backend.memory() });
  let before = taken();
  report("memory at rest, MiB", before);
  const reportGrowth = async (what: string, each: string, more: number) => {
    await sleep(3_000);
    const now = taken();
    report(`memory at ${what}, MiB`, now);
    report(`KiB per further ${each}`, {
      web: ((now.web - before.web) * 1_024) / more,
      backend: ((now.backend - before.backend) * 1_024) / more,
    });
    before = now;
  };
  const replies = await inBatches(repliesOpened, () =>
    patiently(() => beginReply(web.url)),
  );
  await reportGrowth(`${replies.length} replies`, "reply", replies.length);
  const streams: IncomingMessage[] = [];
  for (const count of opened) {
    const begun = streams.length;
    const more = await inBatches(count - begun, (index) => {
      const { cookie, address } =
        replies[(begun + index) % replies.length] ?? NO_REPLY;
      return patiently(() => openStream(web.url, address, cookie));
    });
    for (const stream of more) stream.resume();
    streams.push(...more);
    const what = `${count} streams of ${Math.min(count, replies.length)} replies`;
    await reportGrowth(what, "stream", more.length);
  }
  const open = streams.filter((stream) => !stream.closed).length;
  report("streams open at the end", { of: streams.length, open });
  for (const stream of streams) stream.destroy();
}

/** Tokens of the reply that many read: some 50 KB of paragraphs. */
const LONG_REPLY = 4_000;

async function readers(model: ClockModel, fleet: Fleet): Promise<void> {
  const [web] = fleet.webs;
  if (!web) throw new Error("one web process is needed");
  model.rate = 200;
  model.tokens = LONG_REPLY;
  const { cookie, address } = await patiently(() => beginReply(web.url));
  await sleep((LONG_REPLY / model.rate / 2) * 1_000);
  const before = { memory: web.memory(), ms: web.processorMs() };
  let highest = before.memory;
  const timer = setInterval(() => {
    highest = Math.max(highest, web.memory());
  }, 100);
  let ended = 0;
  let bytes = 0;
  const read = async () => {
    const stream = await patiently(() => openStream(web.url, address, cookie));
    await readAll(stream, (text) => {
      bytes += text.length;
      if (text.includes("event: end")) ended++;
    });
  };
  await Promise.all(Array.from({ length: readerCount }, read));
  clearInterval(timer);
  report(`${readerCount} readers of one reply`, {
    "read to its end": ended,
    "MB sent": bytes / 1e6,
    "web processor s": (web.processorMs() - before.ms) / 1_000,
    "MiB before": before.memory,
    "MiB at most": highest,
  });
}

const NO_REPLY = { cookie: "", address: "/" };

/** Repeats `work`, {@link PARALLEL} at a time. */
async function inBatches<T>(
  count: number,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const done: T[] = [];
  while (done.length < count) {
    const first = done.length;
    const length = Math.min(PARALLEL, count - first);
    const batch = Array.from({ length }, (_, index) => work(first + index));
    done.push(...(await Promise.all(batch)));
  }
  return done;
}

async function gaps(): Promise<void> {
  const times: number[] = [];
  for (let attempt = 0; attempt < 5; attempt++) {
    // Web 2 calls backend 2, and backend 1 writes: only the writer is killed.
    const fleet = await startFleet(2, {
      LEASE_SECONDS: leaseSeconds,
      ELIZA_DELAY_MS: "40",
    });
    try {
      times.push(await gapOf(fleet));
    } finally {
      await fleet.stop();
    }
  }
  report(`from SIGKILL to the first continued text, lease ${leaseSeconds} s`, {
    "median ms": quantile(times, 0.5),
    "longest ms": Math.max(...times),
  });
}

async function gapOf(fleet: Fleet): Promise<number> {
  const [first, second] = fleet.webs;
  const begun = await beginReply(first?.url ?? "");
  const stream = await openStream(
    second?.url ?? "",
    begun.address,
    begun.cookie,
  );
  stream.resume();
  await sleep(2_000);
  const killedAt = performance.now();
  fleet.backends[0]?.child.kill("SIGKILL");
  // Text that was in flight when the writer died is ignored.
  await sleep(200);
  const continuedAt = await new Promise<number>((resolve) => {
    void readAll(stream, (text) => {
      if (text.includes("event: blocks")) resolve(performance.now());
    });
  });
  stream.destroy();
  return continuedAt - killedAt;
}

async function beginReply(
  url: string,
): Promise<{ cookie: string; address: string }> {
  const visitor = new Visitor(url);
  const home = await visitor.get("/");
  const page = await home.text();
  if (!home.ok)
    throw new Error(`GET / answered ${home.status}: ${wordsOf(page)}`);
  const address = await visitor.post("/conversations", {
    message: "write 1000 words",
  });
  return { cookie: visitor.cookie, address: `${address}/replies/2/events` };
}

const ATTEMPTS = 20;
const PAUSE_MS = 500;

/** Retries, as a visitor does if a busy machine does not respond in time, and logs each refusal. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      console.error(`Retrying after: ${String(error)}`);
      await sleep(PAUSE_MS);
    }
  }
}

async function openStream(
  url: string,
  address: string,
  cookie: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = http.get(url + address, {
      headers: { cookie },
      agent: false,
    });
    request.once("response", (answer) => {
      if (answer.statusCode === 200) resolve(answer);
      else void refusal(address, answer).then(reject);
    });
    request.once("error", reject);
  });
}

async function refusal(
  address: string,
  answer: IncomingMessage,
): Promise<Error> {
  const page = await textOf(answer).catch(String);
  return new Error(
    `GET ${address} answered ${answer.statusCode}: ${wordsOf(page)}`,
  );
}

async function readAll(
  stream: IncomingMessage,
  onText: (text: string) => void,
): Promise<void> {
  stream.setEncoding("utf8");
  stream.on("data", onText);
  await new Promise<void>((resolve) => {
    stream.once("close", resolve);
    stream.once("error", () => resolve());
  });
}

function report(what: string, figures: Record<string, number>): void {
  const shown = Object.entries(figures).map(
    ([name, value]) =>
      `${name} ${value.toFixed(value < 1 ? 3 : value < 100 ? 1 : 0)}`,
  );
  console.log(`${what}: ${shown.join(", ")}`);
}

void main();
