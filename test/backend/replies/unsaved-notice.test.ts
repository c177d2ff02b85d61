import { logStart } from "../../../app/backend/replies/log/offset";
import type { FileSystem } from "../../../app/core/storage/file-system";
import type { ReplyEvent } from "../../../app/core/domain/records";
import { fillableDisk } from "../../support/fillable-disk";
import { ref, directory, useDirectory, watch, watchToEnd } from "./processes";
import { barrier, scriptedModels, wordsAfter } from "./scripted-models";
import { credentials, serveProcess, type ServedProcess } from "./servers";
import { waitFor } from "../../support/wait-for";

/* The notice that live watchers get while a reply cannot be saved. */

const disk = fillableDisk();
const { fileSystem } = disk;
const served: ServedProcess[] = [];

afterEach(() => {
  disk.isFull = false;
});
useDirectory();
afterEach(async () => {
  await Promise.all(served.splice(0).map((one) => one.kill()));
});

const NOTICE = "The reply can't be saved: the server's storage is full.";
const ANSWER = "One two three.";

/** Says "One ", then waits twice: to say "two ", and to say the rest. */
function model() {
  const [first, second] = [barrier(), barrier()];
  const { models } = scriptedModels((messages) => {
    const [one = "", two = "", ...rest] = wordsAfter(ANSWER, messages);
    return [one, () => first.held, two, () => second.held, ...rest];
  });
  return { models, goOn: first.go, end: second.go };
}

async function serve(
  { models }: ReturnType<typeof model>,
  leaseMs = 400,
): Promise<ServedProcess> {
  const given = { fileSystem, leaseMs };
  const process = await serveProcess(directory, models, given);
  served.push(process);
  return process;
}

/** Begins the reply, and fills the disk when the first word is on it. */
async function fill({
  replies,
}: Pick<ServedProcess, "replies">): Promise<void> {
  await replies.start(ref);
  await waitFor(async () => {
    const reading = await replies.committed(ref).read(logStart);
    return JSON.stringify(reading?.records).includes("One ");
  });
  disk.isFull = true;
}

/** The first chunk of a new event stream. */
async function firstChunk(
  process: ServedProcess,
  offset = "-1",
): Promise<string> {
  const leave = new AbortController();
  const query = `?ahead=true&live=sse&offset=${offset}`;
  const answer = await fetch(process.url() + query, {
    headers: credentials,
    signal: leave.signal,
  });
  let told = "";
  for await (const chunk of answer.body ?? []) {
    told += Buffer.from(chunk).toString();
    if (told.includes("event: control")) break;
  }
  leave.abort();
  return told;
}

it("a watcher that connects during an outage gets the notice at any offset", async () => {
  const script = model();
  const process = await serve(script, 60_000);
  await fill(process);
  script.goOn();
  await waitFor(async () => (await firstChunk(process)).includes(NOTICE));
  const { offset } = (await process.replies.snapshot(ref)) ?? {};
  expect(await firstChunk(process, offset)).toContain(NOTICE);
  disk.isFull = false;
  await waitFor(
    async () => !(await firstChunk(process, offset)).includes(NOTICE),
  );
  script.end();
});

it("the notice is the last event before the writer gives up", async () => {
  const script = model();
  const { replies, ...process } = await serve(script);
  await fill({ replies, ...process });
  const events: ReplyEvent[] = [];
  const leave = new AbortController();
  const watching = (async () => {
    for await (const { event } of watch(
      replies,
      ref,
      undefined,
      leave.signal,
    )) {
      events.push(event);
      // The model continues as soon as they have the notice.
      if (event.kind === "notice") script.goOn();
    }
  })();
  await waitFor(() => !replies.isWriting(ref));
  expect(events.at(-1)).toMatchObject({
    kind: "notice",
    notice: expect.stringContaining(NOTICE),
  });
  // Once when the outage begins, and once more because text followed.
  expect(events.filter(({ kind }) => kind === "notice")).toHaveLength(2);
  leave.abort();
  await watching;
});

it("is sent once if no text follows it", async () => {
  const { held, go } = barrier();
  const usage = { kind: "usage", inputTokens: 1, outputTokens: 1 } as const;
  const { models } = scriptedModels(() => [
    "One ",
    () => held,
    usage,
    () => new Promise(Boolean),
  ]);
  const script = { models, goOn: go, end: go };
  const process = await serve(script);
  const { replies } = process;
  await fill(process);
  const events: ReplyEvent[] = [];
  const leave = new AbortController();
  const watching = (async () => {
    const seen = watch(replies, ref, undefined, leave.signal);
    for await (const { event } of seen) {
      events.push(event);
      if (event.kind === "notice") go();
    }
  })();
  await waitFor(() => !replies.isWriting(ref));
  expect(events.filter(({ kind }) => kind === "notice")).toHaveLength(1);
  leave.abort();
  await watching;
});

it("no text is missing from the reply if the disk has room again while its writer gives up", async () => {
  const script = model();
  const closing = barrier();
  const slowToClose: FileSystem = {
    ...fileSystem,
    open: async (file, flags) => {
      const open = await fileSystem.open(file, flags);
      const close = () => closing.held.then(() => open.close());
      return flags === "wxs" && file.endsWith("/2/1")
        ? { ...open, close }
        : open;
    },
  };
  const process = directory.process(script.models, { fileSystem: slowToClose });
  const other = directory.process(script.models, { fileSystem });
  await fill({ replies: process });
  let notices = 0;
  const seen = await watchToEnd(process, (event) => {
    if (event.kind !== "notice") return;
    notices += 1;
    // Text follows the first, so it is sent once more when the writer gives up.
    if (notices === 1) return script.goOn();
    disk.isFull = false;
    script.end();
    other.startSupervision();
  });
  closing.go();
  expect(seen.text).toBe(ANSWER);
  expect(directory.records.messages).toMatchObject([{ text: ANSWER }]);
});

it("a watcher that connects later gets the notice on any process, until the reply continues", async () => {
  const script = model();
  const [holder, other] = [await serve(script), await serve(script)];
  await fill(holder);
  script.goOn();
  await waitFor(() => !holder.replies.isWriting(ref));
  expect(await firstChunk(holder)).toContain(NOTICE);
  other.replies.startSupervision();
  await waitFor(async () => (await firstChunk(other)).includes(NOTICE));
  disk.isFull = false;
  script.end();
  await waitFor(() => directory.records.messages.length > 0);
  for (const process of [holder, other]) {
    const told = await firstChunk(process);
    expect(told).not.toContain(NOTICE);
    expect(told).toContain('"streamClosed":true');
  }
  expect(directory.records.messages).toMatchObject([{ text: ANSWER }]);
});
