import { writeFile } from "node:fs/promises";
import path from "node:path";
import { logStart } from "../../../app/backend/replies/log/offset";
import { followLog } from "../../../app/backend/replies/reading/follow-log";
import {
  nodeFileSystem,
  type FileSystem,
} from "../../../app/core/storage/file-system";
import { fillableDisk } from "../../support/fillable-disk";
import {
  neverAborts,
  ref,
  collectEvents,
  directory,
  useDirectory,
  watch,
  watchToEnd,
} from "./processes";
import { barrier, scriptedModels, ANSWER, words } from "./scripted-models";
import { waitFor } from "../../support/wait-for";

useDirectory();

const nothing = () => undefined;

/** A file system that does nothing while it is frozen, as a stopped process would. */
function freezable() {
  let thaw: () => void = nothing;
  let frozen = Promise.resolve();
  const freeze = () => {
    frozen = new Promise((resolve) => {
      thaw = resolve;
    });
  };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    open: async (file, flags) => {
      await frozen;
      const open = await nodeFileSystem.open(file, flags);
      return {
        ...open,
        write: async (data, position) => {
          await frozen;
          await open.write(data, position);
        },
      };
    },
    readdir: async (folder) => {
      await frozen;
      return nodeFileSystem.readdir(folder);
    },
    link: async (file, name) => {
      await frozen;
      await nodeFileSystem.link(file, name);
    },
  };
  return { fileSystem, freeze, thaw: () => thaw() };
}

/** A process that can be frozen, has said "One small " and says the rest when it is let go. */
async function beginSleeper(...rest: string[]) {
  const { fileSystem, freeze, thaw } = freezable();
  const { held, go } = barrier();
  const { models } = scriptedModels(() => ["One small ", () => held, ...rest]);
  const sleeper = directory.process(models, { fileSystem });
  const other = directory.process(words.models);
  await sleeper.start(ref);
  await waitFor(async () => (await other.snapshot(ref))?.text === "One small ");
  return { sleeper, other, freeze, thaw, go };
}

describe("a process that was frozen for longer than its lease", () => {
  it("is fenced off when it resumes, and adds no text", async () => {
    const { sleeper, other, freeze, thaw, go } = await beginSleeper(
      "but WRONG ",
      "and more of it",
    );
    let told = "";
    const seen = watchToEnd(sleeper, (event) => {
      told += event.kind === "text" ? event.text : "";
    });
    await waitFor(() => told !== "");
    freeze();
    go();
    await waitFor(() => told.includes("WRONG"));
    other.startSupervision();
    await waitFor(() => directory.records.messages.length > 0);
    thaw();
    // Its live watchers got the text, and then an epoch that drops it.
    expect((await seen).text).toBe(ANSWER);
    expect((await watchToEnd(other)).text).toBe(ANSWER);
    const reading = await other.committed(ref).read(logStart);
    expect(JSON.stringify(reading?.records)).not.toContain("WRONG");
    expect(directory.records.messages).toHaveLength(1);
  });

  it("gives committed readers nothing that is dropped later", async () => {
    const { sleeper, other, freeze, thaw, go } = await beginSleeper("WRONG");
    const lines: string[] = [];
    const reading = (async () => {
      const source = sleeper.committed(ref);
      for await (const all of followLog(source, logStart, neverAborts)) {
        lines.push(...all.map(({ line }) => JSON.stringify(line)));
        if (all.at(-1)?.line["kind"] === "end") return;
      }
    })();
    freeze();
    go();
    other.startSupervision();
    await waitFor(() => directory.records.messages.length > 0);
    thaw();
    await reading;
    expect(lines.join("\n")).not.toContain("WRONG");
  });
});

/** Counts the calls and the bytes that reach the disk. */
function counting() {
  const counts = { calls: 0, writes: 0, bytes: 0, syncs: 0, reads: 0 };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    readdir: (folder) => {
      counts.calls += 1;
      return nodeFileSystem.readdir(folder);
    },
    readFile: (file) => {
      counts.calls += 1;
      counts.reads += 1;
      return nodeFileSystem.readFile(file);
    },
    link: (file, name) => {
      counts.calls += 1;
      return nodeFileSystem.link(file, name);
    },
    unlink: (file) => {
      counts.calls += 1;
      return nodeFileSystem.unlink(file);
    },
    open: async (file, flags) => {
      counts.calls += 1;
      const open = await nodeFileSystem.open(file, flags);
      return {
        ...open,
        write: (data, position) => {
          counts.calls += 1;
          counts.writes += 1;
          counts.bytes += data.length;
          return open.write(data, position);
        },
        sync: () => {
          counts.calls += 1;
          counts.syncs += 1;
          return open.sync();
        },
      };
    },
  };
  return { counts, fileSystem };
}

async function costOf(history: number) {
  const { counts, fileSystem } = counting();
  const records = directory.records;
  records.prompt = Array.from({ length: history }, (_, index) => ({
    role: index % 2 === 0 ? ("user" as const) : ("assistant" as const),
    text: "Something that was said before. ".repeat(20),
  }));
  // No heartbeat is due, however slow the disk is.
  const given = { fileSystem, leaseMs: 60_000 };
  const replies = directory.process(words.models, given);
  await replies.start({ ...ref, number: 2 + history * 2 });
  const lines = watch(replies, { ...ref, number: 2 + history * 2 });
  await collectEvents(lines);
  return counts;
}

describe("the storage calls of a reply", () => {
  it("do not grow with the conversation", async () => {
    const [short, long] = [await costOf(1), await costOf(1_001)];
    expect(long.writes).toBeLessThanOrEqual(short.writes + 2);
    expect(long.calls).toBeLessThanOrEqual(short.calls + 6);
    // Times and process names differ; nothing of the history is written.
    expect(Math.abs(long.bytes - short.bytes)).toBeLessThan(200);
  });

  it("include one flush for the text of one interval", async () => {
    const cost = await costOf(1);
    // The first line, what was said, the end under its temporary name.
    expect(cost.writes).toBeLessThanOrEqual(4);
    expect(cost.syncs).toBeLessThanOrEqual(4);
  });
});

it("reads a contested log at intervals, not in a busy loop", async () => {
  let looks = 0;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    readdir: (folder) => {
      looks += 1;
      return nodeFileSystem.readdir(folder);
    },
  };
  const { held, go } = barrier();
  const { models } = scriptedModels(() => ["One ", () => held]);
  const seldom = { fileSystem, leaseMs: 20_000, flushMs: 20_000 };
  const replies = directory.process(models, seldom);
  await replies.start(ref);
  // As a process leaves it that is killed before it can say where it takes over.
  await writeFile(path.join(directory.records.folder(ref), "2"), "");
  looks = 0;
  const signal = AbortSignal.timeout(500);
  const source = replies.committed(ref);
  const told = await followLog(source, logStart, signal).next();
  expect(told.done).toBe(true);
  expect(looks).toBeLessThan(20);
  go();
});

it("streams text that can't be saved, and ends when the disk has room again", async () => {
  const disk = fillableDisk(["write"]);
  const { fileSystem } = disk;
  const { held, go } = barrier();
  const { models } = scriptedModels(() => ["One ", () => held, "two"]);
  const replies = directory.process(models, { fileSystem, leaseMs: 60_000 });
  await replies.start(ref);
  await waitFor(async () => (await replies.snapshot(ref))?.text === "One ");
  disk.isFull = true;
  go();
  await waitFor(async () => (await replies.snapshot(ref))?.text === "One two");
  const told = await watchToEnd(replies, ({ kind }) => {
    if (kind === "notice") disk.isFull = false;
  });
  expect(told.text).toBe("One two");
  expect(directory.records.messages).toMatchObject([{ text: "One two" }]);
});

it("sends one notice while the end can't be saved", async () => {
  // A page that is begun takes some more bytes; a new file does not come about.
  const disk = fillableDisk(["link"]);
  const { fileSystem } = disk;
  const { held, go } = barrier();
  const { models } = scriptedModels(() => ["One ", () => held, "two"]);
  const replies = directory.process(models, { fileSystem, leaseMs: 20_000 });
  await replies.start(ref);
  await waitFor(async () => (await replies.snapshot(ref))?.text === "One ");
  disk.isFull = true;
  go();
  const { text, events } = await watchToEnd(replies, ({ kind }) => {
    if (kind === "notice") disk.isFull = false;
  });
  expect(text).toBe("One two");
  const notices = events.filter(({ kind }) => kind === "notice");
  expect(notices).toMatchObject([
    { notice: expect.stringContaining("the server's storage is full") },
  ]);
  expect(events.at(-1)?.kind).toBe("end");
});
