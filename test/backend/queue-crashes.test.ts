import { PromptQueue } from "../../app/backend/conversations/prompt-queue";
import type { FileSystem } from "../../app/core/storage/file-system";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { dieAfter, failOnce, FAULT_KINDS } from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";
import { waitFor } from "../support/wait-for";
import {
  idle,
  inProgressFolder,
  MODEL,
  OWNER,
  useProcesses,
} from "./memory-process";
import { type ReplyModels, scriptedModels } from "./replies/scripted-models";

const answering = scriptedModels(() => ["I see."]).models;
const silent = scriptedModels(() => ["So ", () => new Promise(Boolean)]).models;

const recordFolders = recordFoldersIn("/records");

const processes = useProcesses(20);
const { endAll } = processes;
const start = (fileSystem: FileSystem, models: ReplyModels = silent) =>
  processes.start(fileSystem, models);

/** Every call with INTERLEAVINGS=all, else each third: the calls between differ little. */
const STEP = process.env["INTERLEAVINGS"] === "all" ? 1 : 3;

const GIVEN = { text: "I feel lost", model: MODEL };

/** A conversation whose reply is unfinished; with `queued`, a prompt waits for it. */
async function given(
  queued?: string,
): Promise<{ disk: MemoryDisk; id: string }> {
  const disk = new MemoryDisk();
  const { prompts } = start(disk);
  const { conversation } = await prompts.createConversation(OWNER, GIVEN, "a");
  const { id } = conversation;
  if (queued) await prompts.sendOrQueue(OWNER, id, { text: queued }, "b");
  await endAll();
  await idle();
  return { disk, id };
}

/** The state that a later process finds. */
async function find(disk: FileSystem, id: string) {
  const { conversationPages } = start(disk);
  const page = await conversationPages.read(OWNER, id, { limit: 20 });
  await endAll();
  const names = await disk.readdir(inProgressFolder);
  return {
    messages: page.messages
      .filter(({ role }) => role === "user")
      .map(({ number, text }) => [number, text]),
    queue: page.queue?.map(({ number, text }) => [number, text]),
    reply: page.reply?.number,
    isListed: names.includes(`queue.${OWNER}.${id}`),
  };
}

type Found = Awaited<ReturnType<typeof find>>;
type Request = (on: FileSystem, id: string) => Promise<unknown>;

/** A change of the queue: its request, and the state before and after it. */
interface Change {
  queued?: string;
  request: Request;
  before: Found;
  after: Found;
}

const first = [1, GIVEN.text];

const waiting = (...texts: string[]): Found => ({
  messages: [first],
  queue: texts.map((text) => [3, text]),
  reply: 2,
  isListed: texts.length > 0,
});

const stop: Request = async (on, id) => {
  const { conversationPages, replies } = start(on, answering);
  await replies.stop({ ownerHash: OWNER, conversation: id, number: 2 });
  // A repeated Stop finds nothing to do: the page is what continues the queue then.
  await conversationPages.read(OWNER, id, { limit: 20 });
};

const changes: Record<string, Change> = {
  "queueing a prompt": {
    request: (on, id) =>
      start(on).prompts.sendOrQueue(OWNER, id, { text: "Next" }, "key"),
    before: waiting(),
    after: waiting("Next"),
  },
  "an edit": {
    queued: "Next",
    request: (on, id) =>
      start(on).queue.edit({ ownerHash: OWNER, conversation: id }, 3, "Then"),
    before: waiting("Next"),
    after: waiting("Then"),
  },
  "a withdrawal": {
    queued: "Next",
    request: (on, id) =>
      start(on).queue.withdraw({ ownerHash: OWNER, conversation: id }, 3),
    before: waiting("Next"),
    after: { ...waiting(), isListed: true },
  },
};

const names = Object.keys(changes);

test.each(names)(
  "%s is done or not if its process dies at any call, and a repeated request completes it and survives a power cut",
  async (name) => {
    const { queued, request, before, after } = changes[name]!;
    for (let calls = 0; ; calls += STEP) {
      const { disk, id } = await given(queued);
      const process = dieAfter(disk, calls);
      await request(process.fileSystem, id).catch(() => undefined);
      await idle();
      await endAll();
      const { isListed: _, ...left } = await find(disk.copy(), id);
      const states = [before, after].map(({ isListed: __, ...rest }) => rest);
      expect(states).toContainEqual(left);
      await request(disk, id);
      const acknowledged = disk.operations.length;
      await endAll();
      for (const cut of disk.cutAfter(acknowledged)) {
        expect({ calls, ...(await find(cut, id)) }).toEqual({
          calls,
          ...after,
        });
      }
      if (!process.hasDied()) return;
    }
  },
  120_000,
);

test.each(
  names.flatMap((name) => FAULT_KINDS.map((kind) => [name, kind] as const)),
)(
  "%s is done if it is acknowledged, whichever call is %s",
  async (name, kind) => {
    const { queued, request, before, after } = changes[name]!;
    for (let call = 1; ; call += STEP) {
      const { disk, id } = await given(queued);
      const faulty = failOnce(disk, { call, code: "ENOSPC", kind });
      const isDone = await request(faulty.fileSystem, id).then(
        () => true,
        () => false,
      );
      await idle();
      await endAll();
      const found = await find(disk, id);
      const { isListed: _, ...left } = found;
      const states = (isDone ? [after] : [before, after]).map(
        ({ isListed: __, ...rest }) => rest,
      );
      expect(states).toContainEqual(left);
      if (!faulty.hasFailed()) return;
    }
  },
  120_000,
);

/** Some of the disks that a power cut may leave: each write of the replies doubles their number. */
function someOf(disks: Iterable<MemoryDisk>): MemoryDisk[] {
  const some: MemoryDisk[] = [];
  for (const disk of disks) if (some.push(disk) === 4) break;
  return some;
}

/** The state once the queued prompt is a message: its reply is in progress or done. */
const begun = { messages: [first, [3, "Next"]], queue: [] };

test("a queue goes on once if the process that ends the reply before it dies at any call", async () => {
  for (let calls = 0; ; calls += STEP) {
    const { disk, id } = await given("Next");
    const process = dieAfter(disk, calls);
    await stop(process.fileSystem, id).catch(() => undefined);
    await idle();
    await endAll();
    await stop(disk, id);
    await endAll();
    for (const cut of someOf(disk.cutAfter(disk.operations.length))) {
      expect(await find(cut, id)).toMatchObject(begun);
    }
    expect(await find(disk, id)).toMatchObject(begun);
    if (!process.hasDied()) return;
  }
}, 300_000);

test.each([
  ["its marker", false],
  ["a marker that a power cut removed", true],
])(
  "a supervisor continues a queue that a dead process left at any call, with %s",
  async (_, isLost) => {
    for (let calls = 0; ; calls += isLost ? 1 : 2 * STEP) {
      const { disk, id } = await given("Next");
      if (isLost) await disk.unlink(`${inProgressFolder}/queue.${OWNER}.${id}`);
      const process = dieAfter(disk, calls);
      await stop(process.fileSystem, id).catch(() => undefined);
      await idle();
      await endAll();
      const { replies } = start(disk, answering);
      replies.startSupervision();
      const done = `${id}.4`;
      for (let turn = 0; turn < 400; turn++) {
        const listed = await disk.readdir(inProgressFolder);
        const isBusy = listed.some((one) => one.includes(id));
        const folder = `/records/owners/0a/${OWNER}/conversations/${id}/messages`;
        const messages = await disk.readdir(folder);
        if (!isBusy && messages.includes("4")) break;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await endAll();
      const found = await find(disk, id);
      expect(found).toMatchObject(begun);
      expect({ done, calls, ...found }).toMatchObject({
        reply: undefined,
        isListed: false,
      });
      if (!process.hasDied()) return;
    }
  },
  300_000,
);

test("a begun prompt is sent under the next number if another message took its own", async () => {
  const { disk, id } = await given();
  await stop(disk, id);
  const queue = new PromptQueue(
    createStorageContext({ fileSystem: disk }),
    recordFolders.queue({ ownerHash: OWNER, conversation: id }),
  );
  const at = new Date().toISOString();
  const item = await queue.add({ text: "Next", at }, 2);
  await queue.begin(await queue.read(), item, 3);
  // A version without queues, or a process that read the queue before, sends a prompt of its own.
  const { prompts } = start(disk, answering);
  await prompts.send(OWNER, id, { text: "Other" });
  const folder = recordFolders.messages(OWNER, id);
  await waitFor(async () => (await disk.readdir(folder)).includes("4"));
  await endAll();
  await find(disk, id);
  expect(await find(disk, id)).toMatchObject({
    messages: [first, [3, "Other"], [5, "Next"]],
    queue: [],
  });
});
