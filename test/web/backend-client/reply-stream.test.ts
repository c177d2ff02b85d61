import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { followReply } from "../../../app/web/backend-client/reply-stream";
import type { StreamAnswer } from "../../../app/web/backend-client/transport";
import { stream } from "@durable-streams/client";
import type { ReplyEvent } from "../../../app/core/domain/records";
import {
  apply,
  neverAborts,
  ref,
  collectEvents,
  directory,
  useDirectory,
} from "../../backend/replies/processes";
import {
  barrier,
  scriptedModels,
  ANSWER,
  words,
  wordsAfter,
} from "../../backend/replies/scripted-models";
import {
  credentials,
  serveProcess,
  type ServedProcess,
} from "../../backend/replies/servers";
import { waitFor } from "../../support/wait-for";

const processes: ServedProcess[] = [];
useDirectory();
afterEach(async () => {
  await Promise.all(processes.splice(0).map((process) => process.kill()));
});

async function serve(
  ...given: Parameters<typeof serveProcess> extends [unknown, ...infer Rest]
    ? Rest
    : never
): Promise<ServedProcess> {
  const process = await serveProcess(directory, ...given);
  processes.push(process);
  return process;
}

/** Writes words of the answer; the test can pause and resume it. */
function holding(count: number) {
  const { held, go } = barrier();
  const script = scriptedModels((messages) => {
    const all = [...wordsAfter(ANSWER, messages)];
    return [...all.slice(0, count), () => held, ...all.slice(count)];
  });
  return { go, ...script };
}
const nothing = () => undefined;

/** A random backend, as a Service chooses. */
const anyOf =
  (...of: ServedProcess[]) =>
  (query: string, signal: AbortSignal): Promise<StreamAnswer> => {
    const process = of.shift();
    if (!process) throw new Error("there is no backend any more");
    of.push(process);
    return process.open(query, signal);
  };

const follow = (
  open: ReturnType<typeof anyOf>,
  offset?: string,
  signal = neverAborts,
) => followReply({ open, offset, signal, silenceMs: 600, patienceMs: 100 });

it("follows a reply on its writer to the end", async () => {
  const holder = await serve(words.models);
  await holder.replies.start(ref);
  const { text, events } = await collectEvents(follow(anyOf(holder)));
  expect(text).toBe(ANSWER);
  expect(events.at(-1)).toMatchObject({ kind: "end", outcome: "complete" });
});

it("relays the writer's text without delay through another backend", async () => {
  const { models, go } = holding(3);
  // Flushes are so slow that the received text cannot come from the file.
  const given = { flushMs: 60_000, leaseMs: 40_000 };
  const holder = await serve(models, given);
  const other = await serve(models, given);
  await holder.replies.start(ref);
  const controller = new AbortController();
  let text = "";
  for await (const { event } of follow(
    anyOf(other),
    undefined,
    controller.signal,
  )) {
    if (event.kind === "text") text += event.text;
    if (text === "One small step ") break;
  }
  go();
  expect(text).toBe("One small step ");
});

const textOf = (events: ReplyEvent[]) =>
  events.map((event) => (event.kind === "text" ? event.text : "")).join("");
const isEnd = ({ kind }: ReplyEvent) => kind === "end";
const aMoment = () => sleep(5);

it("resumes from every offset without a lost or doubled character", async () => {
  const slowly = scriptedModels((messages) =>
    [...wordsAfter(ANSWER, messages)].flatMap((word) => [word, aMoment]),
  );
  const holder = await serve(slowly.models);
  await holder.replies.start(ref);
  const all = await collectEvents(follow(anyOf(holder)));
  for (const offset of new Set(all.offsets)) {
    const told = all.events.slice(0, all.offsets.lastIndexOf(offset) + 1);
    const rest = await collectEvents(follow(anyOf(holder), offset));
    expect(textOf(told) + textOf(rest.events)).toBe(textOf(all.events));
    expect([...told, ...rest.events].filter(isEnd)).toHaveLength(1);
  }
});

it("continues on another backend when the writer dies, with only a pause", async () => {
  const { models } = holding(4);
  const holder = await serve(models, { leaseMs: 4_000_000, flushMs: 5 });
  const other = await serve(words.models);
  await holder.replies.start(ref);
  const seen = collectEvents(follow(anyOf(holder, other)));
  await waitFor(
    async () =>
      (await other.replies.snapshot(ref))?.text === "One small step for ",
  );
  await holder.kill();
  other.replies.startSupervision();
  const { text, events } = await seen;
  expect(text).toBe(ANSWER);
  expect(events.filter(({ kind }) => kind === "epoch")).toEqual([
    { kind: "epoch", epoch: 1, keep: 0 },
    { kind: "epoch", epoch: 2, keep: 19 },
  ]);
});

it("drops text that the dead writer had not flushed", async () => {
  const { models } = holding(4);
  const holder = await serve(models, {
    leaseMs: 4_000_000,
    flushMs: 1_000_000,
  });
  const other = await serve(words.models);
  await holder.replies.start(ref);
  const seen: string[] = [];
  const all = (async () => {
    const events = [];
    for await (const one of follow(anyOf(holder, other))) {
      events.push(one);
      if (one.event.kind === "text") seen.push(one.event.text);
    }
    return events;
  })();
  await waitFor(() => seen.join("") === "One small step for ");
  await holder.kill();
  other.replies.startSupervision();
  async function* again() {
    yield* await all;
  }
  const { text, events } = await collectEvents(again());
  expect(text).toBe(ANSWER);
  expect(events).toContainEqual({ kind: "epoch", epoch: 2, keep: 0 });
});

it("reconnects in a drain, and finishes on another backend", async () => {
  const { models } = holding(4);
  const holder = await serve(models);
  const other = await serve(words.models);
  await holder.replies.start(ref);
  const seen = collectEvents(follow(anyOf(holder, other)));
  await waitFor(() => holder.streams.size > 0);
  await holder.replies.drain();
  await holder.streams.closeGradually(10);
  expect((await seen).text).toBe(ANSWER);
});

it("reports that no backend is reachable, and recovers", async () => {
  const holder = await serve(words.models);
  await holder.replies.start(ref);
  let broken = true;
  const { text, events } = await collectEvents(
    follow((query, signal) => {
      if (broken) throw new Error("no route");
      return holder.open(query, signal);
    }),
    (event) => {
      if (event.kind === "notice") broken = false;
    },
  );
  expect(text).toBe(ANSWER);
  expect(events.filter(({ kind }) => kind === "notice")).toHaveLength(1);
});

it("abandons a backend that falls silent", async () => {
  const { models, go } = holding(2);
  const holder = await serve(models);
  await holder.replies.start(ref);
  let asked = 0;
  const seen = collectEvents(
    follow((query, signal) => {
      asked += 1;
      if (asked > 1) return holder.open(query, signal);
      return Promise.resolve({ status: 200, body: silence() });
    }),
  );
  await waitFor(() => asked > 1);
  go();
  expect((await seen).text).toBe(ANSWER);
});

async function* silence(): AsyncGenerator<Uint8Array> {
  await new Promise(nothing);
  yield new Uint8Array();
}

it("reports a missing reply", async () => {
  const process = await serve(words.models);
  await expect(collectEvents(follow(anyOf(process)))).rejects.toMatchObject({
    status: 404,
  });
});

it("ends with the failure of a reply, and follows a retry from there", async () => {
  let attempts = 0;
  const { models } = scriptedModels(() => {
    attempts += 1;
    return attempts === 1 ? ["Half", new Error("disk on fire")] : ["Whole"];
  });
  const process = await serve(models);
  await process.replies.start(ref);
  const failed = await collectEvents(follow(anyOf(process)));
  expect(failed.events.at(-1)).toMatchObject({ outcome: "failed" });
  expect(JSON.stringify(failed.events)).not.toContain("fire");
  await process.replies.retry(ref);
  const rest = await collectEvents(
    follow(anyOf(process), failed.offsets.at(-1)),
  );
  expect(rest.text).toBe("Whole");
  expect((await collectEvents(follow(anyOf(process)))).text).toBe("Whole");
});

it("serves the official client of the protocol", async () => {
  const holder = await serve(words.models);
  const other = await serve(words.models);
  await holder.replies.start(ref);
  for (const live of [false, "long-poll", "sse"] as const) {
    await waitFor(
      () => directory.records.messages.length === 1 || live !== false,
    );
    const response = await stream<ReplyEvent>({
      url: other.url(),
      headers: credentials,
      live,
    });
    const events = await response.json();
    expect(events.reduce(apply, "")).toBe(ANSWER);
  }
});

it("closes all connections after the visitor disconnects", async () => {
  const { models, go } = holding(2);
  const holder = await serve(models);
  await holder.replies.start(ref);
  const controller = new AbortController();
  const seen = collectEvents(
    follow(anyOf(holder), undefined, controller.signal),
  );
  await waitFor(() => holder.streams.size === 1);
  controller.abort();
  await seen;
  await waitFor(() => holder.streams.size === 0);
  go();
  await waitFor(() => directory.records.messages.length === 1);
  expect(directory.records.messages[0]?.text).toBe(ANSWER);
});

const line = (event: string, data: unknown) =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

it("gives each event once, although an offset follows without an event", async () => {
  const body = [
    line("data", [
      { kind: "epoch", epoch: 1, keep: 0 },
      { kind: "text", text: "Once." },
    ]),
    line("control", { streamNextOffset: "1" }),
    line("control", { streamNextOffset: "2" }),
    line("data", [{ kind: "end", outcome: "complete", text: "Once." }]),
    line("control", { streamNextOffset: "3", streamClosed: true }),
  ].map((text) => Buffer.from(text));
  const { text, events } = await collectEvents(
    followReply({
      open: async () => ({ status: 200, body: Readable.from(body) }),
      offset: undefined,
      signal: neverAborts,
    }),
  );
  expect(text).toBe("Once.");
  expect(events.map(({ kind }) => kind)).toEqual(["epoch", "text", "end"]);
});

it("ignores unknown events of a newer backend", async () => {
  const newer = [
    { kind: "epoch", epoch: 1, keep: 0 },
    { kind: "drawing", svg: "<svg/>" },
    { kind: "text", text: "So it is." },
    { kind: "end", outcome: "complete", text: "So it is." },
  ];
  const control = { streamNextOffset: "1", streamClosed: true };
  const told = `event: data\ndata: ${JSON.stringify(newer)}\n\nevent: control\ndata: ${JSON.stringify(control)}\n\n`;
  const { text, events } = await collectEvents(
    followReply({
      open: async () => ({
        status: 200,
        body: Readable.from([Buffer.from(told)]),
      }),
      offset: undefined,
      signal: neverAborts,
    }),
  );
  expect(text).toBe("So it is.");
  expect(events.map(({ kind }) => kind)).toEqual(["epoch", "text", "end"]);
});
