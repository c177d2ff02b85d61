import { PromptQueue } from "../../app/backend/conversations/prompt-queue";
import type { FileSystem } from "../../app/core/storage/file-system";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { failOnce } from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";

const FOLDER = "/records/queue";
const NEVER = { call: Infinity, code: "EIO", kind: "refused" } as const;
const AT = "2026-01-31T10:00:00.000Z";

/** The queue in a newly started process, which has read nothing yet. */
const queueOn = (fileSystem: FileSystem) =>
  new PromptQueue(createStorageContext({ fileSystem }), FOLDER);

/** Queues a prompt, and begins it at once. */
async function sendOne(queue: PromptQueue, text: string): Promise<number> {
  const item = await queue.add({ text, at: AT, keyHash: text }, 1);
  await queue.begin(await queue.read(), item, item.number);
  return item.prompt;
}

/** The calls with which a new process finds out what the queue is. */
async function callsOfRead(disk: MemoryDisk): Promise<number> {
  const { fileSystem, calls } = failOnce(disk, NEVER);
  await queueOn(fileSystem).read();
  return calls();
}

test("reads as few entries after 160 queued prompts as after 110", async () => {
  const disk = new MemoryDisk();
  const queue = queueOn(disk);
  const counts: number[] = [];
  let sent = 0;
  for (const upTo of [110, 160]) {
    while (sent < upTo) await sendOne(queue, String(++sent));
    counts.push((await queueOn(disk).read()).items.length);
    expect(await callsOfRead(disk)).toBeLessThan(30);
  }
  expect(Math.max(...counts)).toBeLessThanOrEqual(101);
}, 30_000);

test("knows the prompt that waits longest, however often another one is edited", async () => {
  const disk = new MemoryDisk();
  const queue = queueOn(disk);
  for (let n = 1; n <= 20; n++) await sendOne(queue, `sent ${n}`);
  const first = await queue.add({ text: "waits", at: AT }, 1);
  const other = await queue.add({ text: "", at: AT }, 1);
  for (let n = 1; n <= 40; n++) await queue.edit(other.prompt, `edit ${n}`);
  const { waiting, begun } = await queueOn(disk).read();
  expect(waiting.map(({ prompt, text }) => [prompt, text])).toEqual([
    [first.prompt, "waits"],
    [other.prompt, "edit 40"],
  ]);
  expect(begun?.text).toBe("sent 20");
});

test("says what became of a prompt that was sent long ago", async () => {
  const disk = new MemoryDisk();
  const queue = queueOn(disk);
  const sent = await sendOne(queue, "old");
  const { prompt: withdrawn } = await queue.add({ text: "gone", at: AT }, 1);
  await queue.withdraw(withdrawn);
  for (let n = 1; n <= 30; n++) await sendOne(queue, `${n}`);
  const later = queueOn(disk);
  await expect(later.edit(sent, "new")).rejects.toMatchObject({ status: 409 });
  await expect(later.edit(withdrawn, "new")).rejects.toThrow(/withdrawn/);
  await later.withdraw(withdrawn);
  await expect(later.edit(sent + 1_000, "new")).rejects.toMatchObject({
    status: 404,
  });
});

test("gives no number twice, and finds the keys of the last hundred prompts", async () => {
  const disk = new MemoryDisk();
  const queue = queueOn(disk);
  const numbers: number[] = [];
  for (let n = 1; n <= 110; n++) numbers.push(await sendOne(queue, `${n}`));
  expect(new Set(numbers).size).toBe(110);
  for (const n of [11, 110]) {
    const again = { text: `${n}`, at: AT, keyHash: `${n}` };
    expect((await queueOn(disk).add(again, 1)).prompt).toBe(numbers[n - 1]);
  }
}, 30_000);

test("reads entries of a version that does not say where to begin", async () => {
  const disk = new MemoryDisk();
  const queue = queueOn(disk);
  for (let n = 1; n <= 15; n++) await sendOne(queue, `${n}`);
  const { listing } = await queue.read();
  const entry = {
    format: 1,
    kind: "queued",
    prompt: 1_001,
    text: "by another version",
    at: AT,
    number: listing!.last + 1,
    token: "t",
  };
  const file = `${FOLDER}/${entry.number}`;
  const handle = await disk.open(file, "wx");
  await handle.write(Buffer.from(`${JSON.stringify(entry)}\n`), 0);
  await handle.close();
  const { items, waiting } = await queueOn(disk).read();
  expect(items).toHaveLength(16);
  expect(waiting.map(({ text }) => text)).toEqual(["by another version"]);
});
