import type { FileSystem } from "../../app/core/storage/file-system";
import { dieAfter } from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";
import { waitFor } from "../support/wait-for";
import {
  fileStoreOn,
  idle,
  MODEL,
  OWNER,
  useProcesses,
} from "./memory-process";
import { type ReplyModels, scriptedModels } from "./replies/scripted-models";

const answering = scriptedModels(() => ["I see."]).models;
const silent = scriptedModels(() => ["So ", () => new Promise(Boolean)]).models;

const FILE = "a".repeat(26);
const CONTENT = "Kept to the last byte";

const processes = useProcesses(20);
const { endAll } = processes;
const start = (fileSystem: FileSystem, models: ReplyModels = silent) =>
  processes.start(fileSystem, models);

/** Every call with INTERLEAVINGS=all, else each third: the calls between differ little. */
const STEP = process.env["INTERLEAVINGS"] === "all" ? 1 : 3;

/** A conversation whose reply has ended or not, and an upload that is not sent yet. */
async function given(
  models: ReplyModels,
): Promise<{ disk: MemoryDisk; id: string }> {
  const disk = new MemoryDisk();
  const { prompts, conversationPages } = start(disk, models);
  const first = { text: "Hello", model: MODEL };
  const { conversation } = await prompts.createConversation(OWNER, first, "a");
  const { id } = conversation;
  if (models === answering) {
    await waitFor(async () => {
      const page = await conversationPages.read(OWNER, id, { limit: 9 });
      return page.messages.length === 2;
    });
  }
  await fileStoreOn(disk).save(OWNER, {
    id: FILE,
    name: "notes.txt",
    content: (async function* () {
      yield Buffer.from(CONTENT);
    })(),
    checkSize: () => undefined,
  });
  await endAll();
  await idle();
  return { disk, id };
}

/** Neither 2 nor 3 divides it: so each operation is lost in some of the disks. */
const STRIDE = 37;

/** Some of the disks that a power cut may leave: each write of the replies doubles their number. */
function* someOf(disks: Iterable<MemoryDisk>): Generator<MemoryDisk> {
  let number = 0;
  for (const disk of disks) if (number++ % STRIDE === 0) yield disk;
}

const send = (fileSystem: FileSystem, id: string) =>
  start(fileSystem).prompts.sendOrQueue(
    OWNER,
    id,
    { text: "See this", files: [FILE] },
    "b",
  );

/** The file of the later message, as a later process serves it; `undefined` without the message. */
async function find(disk: FileSystem, id: string): Promise<string | undefined> {
  const { conversationPages } = start(disk);
  const page = await conversationPages.read(OWNER, id, { limit: 9 });
  await endAll();
  const prompts = [...page.messages, ...(page.queue ?? [])];
  const sent = prompts.find(({ text }) => text === "See this");
  if (!sent) return undefined;
  const ids = "files" in sent ? sent.files?.map((file) => file.id) : undefined;
  expect(ids).toEqual([FILE]);
  const of = { ownerHash: OWNER, conversation: id };
  const file = await fileStoreOn(disk).open(of, FILE);
  const bytes = await file?.read(0, file.record.bytes);
  await file?.close();
  return bytes?.toString() ?? "missing";
}

const kinds = [
  ["a later message", answering],
  ["a queued message", silent],
] as const;

test.each(kinds)(
  "%s has its whole file or is not there if its process dies at any call, and a repeated request completes it",
  async (_, models) => {
    let died = 0;
    for (let calls = 0; ; calls += STEP) {
      const { disk, id } = await given(models);
      const process = dieAfter(disk, calls);
      const sent = await send(process.fileSystem, id).catch(() => undefined);
      await endAll();
      await idle();
      expect(sent ? [CONTENT] : [undefined, CONTENT]).toContain(
        await find(disk, id),
      );
      await send(disk, id);
      await endAll();
      for (const found of someOf(disk.cutAfter(disk.operations.length))) {
        expect(await find(found, id)).toBe(CONTENT);
      }
      if (!process.hasDied()) break;
      died += 1;
    }
    expect(died).toBeGreaterThan(5);
  },
  120_000,
);

test.each(kinds)(
  "%s has its whole file or is not there after a power cut at any storage call, and stays once it is acknowledged",
  async (_, models) => {
    const { disk, id } = await given(models);
    const begin = disk.operations.length;
    await send(disk, id);
    const acknowledged = disk.operations.length;
    await endAll();
    await idle();
    let disks = 0;
    for (let cut = begin; cut <= disk.operations.length; cut += STEP) {
      const allowed = cut < acknowledged ? [undefined, CONTENT] : [CONTENT];
      for (const found of someOf(disk.cutAfter(cut))) {
        expect(allowed).toContain(await find(found, id));
        disks++;
      }
    }
    expect(disks).toBeGreaterThan(10);
  },
  120_000,
);
