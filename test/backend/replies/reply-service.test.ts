import { readdir } from "node:fs/promises";
import path from "node:path";
import { ModelError } from "../../../app/backend/models/model";
import type { PeerClient } from "../../../app/backend/replies/writing/peer-client";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../../app/core/storage/file-system";
import {
  neverAborts,
  ref,
  unreachable,
  collectEvents,
  directory,
  useDirectory,
  watch,
  watchToEnd,
} from "./processes";
import {
  barrier,
  scriptedModels,
  wordsAfter,
  ANSWER,
  words,
} from "./scripted-models";
import { waitFor } from "../../support/wait-for";

useDirectory();

const nothing = () => undefined;
const listed = () => readdir(path.join(directory.folder, "in-progress"));

/** Says some words, and then nothing, until the test lets it. */
function stalling(...said: string[]) {
  let go: () => void = nothing;
  const stalled = new Promise<void>((resolve) => (go = resolve));
  return { go, ...scriptedModels(() => [...said, () => stalled, "late"]) };
}

describe("a reply", () => {
  it("becomes a message, once, with the whole text", async () => {
    const replies = directory.process(words.models);
    await replies.start(ref);
    const seen = await watchToEnd(replies);
    expect(seen.text).toBe(ANSWER);
    expect(directory.records.messages).toMatchObject([
      { outcome: "complete", text: ANSWER, model: "scripted/one" },
    ]);
    expect(await replies.snapshot(ref)).toMatchObject({
      status: "complete",
      text: ANSWER,
    });
  });

  it("has ended as soon as its end can be read, while its writer still closes", async () => {
    let isSettling = false;
    let settle: () => void = nothing;
    const settled = new Promise<void>((resolve) => (settle = resolve));
    jest
      .spyOn(directory.records, "publishMessage")
      .mockImplementationOnce(async () => {
        isSettling = true;
        await settled;
      });
    const replies = directory.process(words.models);
    await replies.start(ref);
    await waitFor(() => isSettling);
    expect(await replies.snapshot(ref)).toMatchObject({
      status: "complete",
      text: ANSWER,
    });
    settle();
  });

  it("is cut off at the maximum length if its model never ends", async () => {
    const endless = scriptedModels(function* () {
      for (;;) yield "and so on, ".repeat(10_000);
    });
    const replies = directory.process(endless.models);
    await replies.start(ref);
    const seen = await watchToEnd(replies);
    expect(seen.text.length).toBeLessThan(2_200_000);
    expect(directory.records.messages).toMatchObject([
      { outcome: "complete", text: seen.text },
    ]);
    expect(seen.events.at(-1)).toMatchObject({
      reason: expect.stringContaining("maximum length"),
    });
  });

  it("ends an over-long reply after takeover without calling the model again", async () => {
    const { models, asked } = scriptedModels(() => ["and so on, ".repeat(20)]);
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      link: () => Promise.reject(new Error("no more than what is open")),
    };
    const dying = directory.process(models, { fileSystem, maxLength: 200 });
    await dying.start(ref);
    const other = directory.process(models, { maxLength: 200 });
    other.startSupervision();
    const seen = await watchToEnd(other);
    expect(seen.events.at(-1)).toMatchObject({
      outcome: "complete",
      text: "and so on, ".repeat(20),
      reason: expect.stringContaining("maximum length"),
    });
    expect(asked).toHaveLength(1);
  });

  it("is cut off sooner if its model sends very small pieces", async () => {
    let pieces = 0;
    const endless = scriptedModels(function* () {
      for (; ; pieces++) yield "a";
    });
    const replies = directory.process(endless.models, { maxLength: 10_000 });
    await replies.start(ref);
    const seen = await watchToEnd(replies);
    expect(seen.text.length).toBeLessThan(4_000);
    expect(directory.records.messages).toMatchObject([
      { outcome: "complete", text: seen.text },
    ]);
  });

  it("starts once, even if it is started twice", async () => {
    const replies = directory.process(words.models);
    const other = directory.process(words.models);
    await Promise.all([replies.start(ref), other.start(ref), other.start(ref)]);
    const seen = await watchToEnd(other);
    expect(seen.text).toBe(ANSWER);
    expect(seen.events.filter(({ kind }) => kind === "epoch")).toHaveLength(1);
  });

  it("resumes from every offset without a lost or repeated character", async () => {
    const replies = directory.process(words.models);
    await replies.start(ref);
    const all = await watchToEnd(replies);
    let text = "";
    for (const [index, event] of all.events.entries()) {
      if (event.kind === "text") text += event.text;
      const rest = await collectEvents(
        watch(replies, ref, all.offsets[index], neverAborts),
      );
      expect(rest.events).toEqual(all.events.slice(index + 1));
    }
    expect(text).toBe(ANSWER);
  });

  it("refuses an offset inside a line and a malformed one", async () => {
    const replies = directory.process(words.models);
    await replies.start(ref);
    await watchToEnd(replies);
    for (const offset of ["0000000001_000000000007", "x", ""]) {
      await expect(
        collectEvents(watch(replies, ref, offset, neverAborts)),
      ).rejects.toMatchObject({ status: 400 });
    }
  });

  it("is not found before it is started", async () => {
    const replies = directory.process(words.models);
    expect(await replies.snapshot(ref)).toBeUndefined();
    await expect(watchToEnd(replies)).rejects.toMatchObject({ status: 404 });
    await expect(replies.stop(ref)).rejects.toMatchObject({ status: 404 });
  });

  it("can be followed on another process through the files alone", async () => {
    const { models, go } = stalling("Wait ", "for ");
    const holder = directory.process(models);
    const other = directory.process(models);
    await holder.start(ref);
    const seen = watchToEnd(other);
    await waitFor(
      async () => (await other.snapshot(ref))?.text === "Wait for ",
    );
    go();
    expect((await seen).text).toBe("Wait for late");
  });

  it("can be stopped on a process that can't reach the owner", async () => {
    const { models } = stalling("So ", "far");
    const holder = directory.process(models);
    const other = directory.process(models);
    await holder.start(ref);
    const seen = watchToEnd(holder);
    await waitFor(async () => (await other.snapshot(ref))?.text === "So far");
    await other.stop(ref);
    await other.stop(ref);
    expect((await seen).text).toBe("So far");
    expect(directory.records.messages).toMatchObject([
      { outcome: "stopped", text: "So far" },
    ]);
  });

  it("is not reported as stopped if it can't be stopped", async () => {
    const { models } = stalling("So ", "far");
    const holder = directory.process(models);
    await holder.start(ref);
    // As if a new owner took over before each attempt.
    const peers = { ...unreachable, stop: () => Promise.resolve(true) };
    const other = directory.process(models, { peers });
    await expect(other.stop(ref)).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining("Try again") as string,
    });
    await holder.stop(ref);
    await other.stop(ref);
  });

  it("is handed over by a drain and finished by another process without a gap", async () => {
    const { models } = stalling("One small ");
    const holder = directory.process(models, { leaseMs: 60_000 });
    const other = directory.process(words.models, { leaseMs: 60_000 });
    await holder.start(ref);
    const seen = watchToEnd(other);
    await waitFor(async () => (await other.snapshot(ref))?.text !== "");
    await holder.drain();
    expect(await seen).toMatchObject({ text: ANSWER });
    expect((await seen).events.filter(({ kind }) => kind === "epoch")).toEqual([
      { kind: "epoch", epoch: 1, keep: 0 },
      { kind: "epoch", epoch: 2, keep: 10 },
    ]);
  });

  it("is written by another process if it starts during a drain", async () => {
    const draining = directory.process(words.models, { leaseMs: 60_000 });
    await draining.drain();
    await draining.start(ref);
    expect(words.asked).not.toContainEqual(["never"]);
    const other = directory.process(words.models, { leaseMs: 60_000 });
    const seen = await watchToEnd(other);
    expect(seen.text).toBe(ANSWER);
  });

  it("fails with the model's message, and can be retried", async () => {
    let attempts = 0;
    const { models } = scriptedModels(() => {
      attempts += 1;
      return attempts === 1
        ? ["Half", new ModelError("timed-out", "It said nothing.", "Look.")]
        : ["Whole"];
    });
    const replies = directory.process(models);
    await replies.start(ref);
    const failed = await watchToEnd(replies);
    expect(failed.events.at(-1)).toMatchObject({
      outcome: "failed",
      reason: "It said nothing.",
      text: "Half",
    });
    expect(directory.records.messages).toEqual([]);
    await replies.retry(ref);
    const again = await collectEvents(
      watch(replies, ref, failed.offsets.at(-1), neverAborts),
    );
    expect(again.text).toBe("Whole");
    await expect(replies.retry(ref)).rejects.toMatchObject({ status: 409 });
    expect(directory.records.messages).toMatchObject([{ text: "Whole" }]);
  });

  it("can be retried as soon as its failure can be read, while its writer still closes", async () => {
    let attempts = 0;
    const { models } = scriptedModels(() => {
      attempts += 1;
      return attempts === 1
        ? [new ModelError("timed-out", "It said nothing.", "Look.")]
        : ["Whole"];
    });
    const closing = barrier();
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      unlink: async (file) => {
        if (file.includes("in-progress") && attempts === 1) await closing.held;
        return nodeFileSystem.unlink(file);
      },
    };
    const replies = directory.process(models, { fileSystem });
    await replies.start(ref);
    await waitFor(
      async () => (await replies.snapshot(ref))?.status === "failed",
    );
    await replies.retry(ref);
    closing.go();
    await waitFor(
      async () => (await replies.snapshot(ref))?.status === "complete",
    );
    expect(attempts).toBe(2);
  });

  it("stays in the active index if a retry races with a process that saw the failure", async () => {
    const { models: failing } = scriptedModels(() => [
      new ModelError("timed-out", "It said nothing.", "Look."),
    ]);
    const one = directory.process(failing);
    await one.start(ref);
    await waitFor(async () => (await listed()).length === 0);
    const { models, go } = stalling("So ");
    const [looking, looked] = [barrier(), barrier()];
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      open: async (file, flags) => {
        if (file === path.join(directory.records.folder(ref), "3")) {
          looking.go();
          await looked.held;
        }
        return nodeFileSystem.open(file, flags);
      },
    };
    const trying = directory.process(models, { fileSystem }).retry(ref);
    await looking.held;
    await watchToEnd(one);
    looked.go();
    await trying;
    expect(await listed()).toHaveLength(1);
    go();
  });

  it("is refused beyond the limit of an owner, counted over all processes", async () => {
    const { models } = stalling("x");
    const one = directory.process(models);
    const two = directory.process(models);
    for (const number of [2, 4, 6]) await one.start({ ...ref, number });
    await expect(two.reserveSlot(ref.ownerHash)).rejects.toMatchObject({
      status: 429,
    });
    await two.reserveSlot("c".repeat(64));
  });
});

/** A process that can't say any more that it lives: its disk is gone. */
async function died(said: string): Promise<void> {
  const { models } = stalling(...wordsAfter(said, []));
  const process = directory.process(models, { leaseMs: 4_000_000 });
  await process.start(ref);
  await waitFor(async () => (await process.snapshot(ref))?.text === said);
  const other = directory.process(models);
  await waitFor(async () => (await other.snapshot(ref))?.text === said);
}

describe("a reply whose writer died", () => {
  it("is continued and finished without any watcher", async () => {
    await died("One small step ");
    const { models, asked } = scriptedModels((m) => wordsAfter(ANSWER, m));
    const other = directory.process(models);
    other.startSupervision();
    await waitFor(() => directory.records.messages.length > 0);
    expect(directory.records.messages).toMatchObject([{ text: ANSWER }]);
    expect(asked[0]?.at(-1)).toEqual({
      role: "assistant",
      text: "One small step ",
    });
  });

  it("has a snapshot whose epoch matches its text", async () => {
    await died("One small step ");
    const { models } = stalling("and more");
    const [holder, other] = [
      directory.process(models),
      directory.process(models),
    ];
    expect(await other.snapshot(ref)).toMatchObject({ epoch: 1 });
    holder.startSupervision();
    for (const process of [holder, other]) {
      await waitFor(async () => (await process.snapshot(ref))?.epoch === 2);
      await waitFor(async () => {
        const { text } = (await process.snapshot(ref)) ?? {};
        return text === "One small step and more";
      });
      expect(await process.snapshot(ref)).toMatchObject({ epoch: 2 });
    }
  });

  it("is continued even if the prompt can't be read for a moment", async () => {
    await died("One small step ");
    const { records } = directory;
    const read = records.promptFor.bind(records);
    let reads = 0;
    jest.spyOn(records, "promptFor").mockImplementation((...given) => {
      reads += 1;
      // The first tells which model it is.
      return reads === 2
        ? Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" }))
        : read(...given);
    });
    const other = directory.process(words.models);
    other.startSupervision();
    const seen = await watchToEnd(other);
    expect(seen.text).toBe(ANSWER);
    expect(seen.events).toContainEqual({ kind: "epoch", epoch: 2, keep: 15 });
    expect(records.messages).toMatchObject([{ outcome: "complete" }]);
  });

  it("is restarted with a notice if the model can't continue", async () => {
    await died("Something else ");
    const { models } = scriptedModels((m) => wordsAfter(ANSWER, m), {
      continues: false,
    });
    const other = directory.process(models);
    other.startSupervision();
    const seen = await watchToEnd(other);
    expect(seen.text).toBe(ANSWER);
    expect(seen.events).toContainEqual({ kind: "epoch", epoch: 2, keep: 0 });
    expect(seen.events.map(({ kind }) => kind)).toContain("notice");
  });

  it("is taken over by exactly one of many processes", async () => {
    await died("One small step ");
    // Only the first owner is known to be gone: a slow one keeps its reply.
    const peers: PeerClient = {
      ...unreachable,
      isWriting: ({ epoch }) =>
        Promise.resolve(epoch === 1 ? false : undefined),
    };
    const others = Array.from({ length: 5 }, () =>
      directory.process(words.models, { leaseMs: 4_000, peers }),
    );
    for (const other of others) other.startSupervision();
    const texts = await Promise.all(others.map((other) => watchToEnd(other)));
    for (const { text } of texts) expect(text).toBe(ANSWER);
    const epochs = texts[0]?.events.filter(({ kind }) => kind === "epoch");
    expect(epochs).toHaveLength(2);
  });
});
