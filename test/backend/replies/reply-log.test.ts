import { ReplyLog } from "../../../app/backend/replies/log/reply-log";
import { EpochWriter } from "../../../app/backend/replies/writing/epoch-writer";
import type { FileSystem } from "../../../app/core/storage/file-system";
import { failOnce, FAULT_KINDS } from "../../support/faulty-file-system";
import { MemoryDisk } from "../../support/memory-disk";

const FOLDER = "/replies/2";

async function open(fileSystem: FileSystem): Promise<EpochWriter> {
  const log = new ReplyLog(fileSystem, FOLDER);
  const by = { holder: "http://127.0.0.1:1", process: "one", keep: 0 };
  const entry = await log.open(1, () => by);
  if (!entry) throw new Error("somebody else was first");
  return new EpochWriter(log, entry);
}

async function textsIn(fileSystem: FileSystem): Promise<unknown[]> {
  const reading = await new ReplyLog(fileSystem, FOLDER).read();
  return reading?.records.slice(1).map(({ line }) => line["text"]) ?? [];
}

it("an epoch keeps every flushed line of an epoch through any crash", async () => {
  const disk = new MemoryDisk();
  const held = await open(disk);
  const flushed: number[] = [];
  for (const text of ["one", "two", "three"]) {
    held.append({ text });
    await held.flush();
    flushed.push(disk.operations.length);
  }
  for (let cut = 0; cut <= disk.operations.length; cut++) {
    const least = flushed.filter((at) => at <= cut).length;
    for (const found of disk.cutAfter(cut)) {
      const seen = await textsIn(found);
      expect(seen.length).toBeGreaterThanOrEqual(least);
      expect(seen).toEqual(["one", "two", "three"].slice(0, seen.length));
    }
  }
});

it("writes the same bytes again after a partial write", async () => {
  const disk = new MemoryDisk();
  let fails = false;
  const failing = Object.assign(Object.create(disk) as FileSystem, {
    open: async (...asked: Parameters<FileSystem["open"]>) => {
      const file = await disk.open(...asked);
      const write = async (data: Buffer, position: number) => {
        if (!fails) return file.write(data, position);
        await file.write(data.subarray(0, 18), position);
        throw Object.assign(new Error("full"), { code: "ENOSPC" });
      };
      return { ...file, write };
    },
  });
  const held = await open(failing);
  fails = true;
  held.append({ text: "one" });
  held.append({ text: "two" });
  await expect(held.flush()).rejects.toThrow("full");
  expect(await textsIn(disk)).toEqual(["one"]);
  fails = false;
  held.append({ text: "three" });
  await held.flush();
  expect(await textsIn(disk)).toEqual(["one", "two", "three"]);
});

it("reads the tail in seven calls, however long the log, and reports a handover", async () => {
  const disk = new MemoryDisk();
  const held = await open(disk);
  for (let i = 0; i < 1_000; i++) held.append({ text: `${i} `.repeat(20) });
  await held.flush();
  const begin = held.tail;
  held.append({ text: "more" });
  await held.handOver();
  const none = { call: 0, code: "", kind: "refused" } as const;
  for (const from of [begin, held.tail]) {
    const { fileSystem, calls } = failOnce(disk, none);
    const reading = await new ReplyLog(fileSystem, FOLDER).read(from);
    expect(reading).toMatchObject({ tail: held.tail, isHandedOver: true });
    expect(reading?.records).toHaveLength(from === begin ? 2 : 0);
    expect(calls()).toBe(7);
  }
  const log = new ReplyLog(disk, FOLDER);
  const inside = { entry: 1, bytes: begin.bytes - 1 };
  expect(await log.readProgress(inside)).toBeUndefined();
  await expect(log.read(inside)).rejects.toMatchObject({ status: 400 });
});

it("keeps only the end and the records that it does not repeat in memory", async () => {
  const held = await open(new MemoryDisk());
  held.append({ notice: "The model is busy." });
  for (let silent = 0; silent < 1_000; silent++) held.append({});
  held.append({ reasoning: "Hm." });
  held.append({ text: "One." });
  await held.seal({ outcome: "complete", text: "One." });
  await held.close();
  const said = held.finalSnapshot?.records.map(({ line }) => line);
  expect(said).toMatchObject([
    { kind: "epoch" },
    { notice: "The model is busy." },
    { kind: "end", text: "One." },
  ]);
});

/** Does it once more if it fails, as a writer does a flush later. */
const twice = (work: () => Promise<unknown>) => work().catch(work);

describe.each(FAULT_KINDS)("a call to the disk that is %s", (kind) => {
  it("neither loses nor repeats a line, whichever call it is", async () => {
    for (let call = 1; ; call++) {
      const disk = new MemoryDisk();
      const opened = failOnce(disk, { call: 0, code: "EIO", kind });
      await open(opened.fileSystem);
      const at = opened.calls() + call;
      const fresh = new MemoryDisk();
      const faulty = failOnce(fresh, { call: at, code: "ETIMEDOUT", kind });
      const held = await open(faulty.fileSystem);
      const told: unknown[] = [];
      const following = (async () => {
        const from = { entry: 0, bytes: 0 };
        const { signal } = new AbortController();
        for await (const lines of held.followCommitted(from, signal)) {
          // Committed text is on disk for the next owner.
          told.push(...lines.map(({ line }) => line["text"]).filter(Boolean));
          expect(await textsIn(fresh)).toEqual(expect.arrayContaining(told));
        }
      })();
      for (const text of ["hello ", "world"]) {
        held.append({ text });
        await twice(() => held.flush());
      }
      held.append({ text: "!" });
      await twice(() => held.seal({ outcome: "complete" }));
      await held.close();
      await following;
      const all = ["hello ", "world", "!"];
      // An end that can't be told from another's is found in the files.
      expect(all.slice(0, told.length)).toEqual(told);
      expect(await textsIn(fresh)).toEqual([...all, undefined]);
      if (!faulty.hasFailed()) return;
    }
  });
});
