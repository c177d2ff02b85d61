import {
  type FileSystem,
  nodeFileSystem,
} from "../../../app/core/storage/file-system";
import { PeerGoneError } from "../../../app/backend/replies/writing/peer-client";
import {
  directory,
  ref,
  unreachable,
  useDirectory,
  watchToEnd,
} from "./processes";
import { ANSWER, scriptedModels, words } from "./scripted-models";
import { expectEventually, waitFor } from "../../support/wait-for";

useDirectory();

const silent = () => new Promise<void>(Boolean);

/** A writer that lives, is silent, and renews its lease only after hours. */
async function startSilentWriter() {
  const { models } = scriptedModels(() => ["So far", silent]);
  const writer = directory.process(models, { leaseMs: 10_000_000 });
  await writer.start(ref);
  await waitFor(async () => (await writer.snapshot(ref))?.text === "So far");
  return writer;
}

/** A process whose clock moves only when the test moves it, and the count of its scans. */
function startSupervisor(peers = unreachable) {
  const state = { nowMs: 0, scans: 0 };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    readdir: async (folder) => {
      const names = await nodeFileSystem.readdir(folder);
      if (folder.endsWith("in-progress")) state.scans += 1;
      return names;
    },
  };
  const process = directory.process(words.models, {
    fileSystem,
    peers,
    now: () => state.nowMs,
  });
  process.startSupervision();
  /** A scan has ended when the one after the next begins. */
  const scan = async () => {
    const target = state.scans + 2;
    await waitFor(() => state.scans >= target);
  };
  return { state, process, scan };
}

it("takes no reply over because its own process was frozen for hours", async () => {
  const writer = await startSilentWriter();
  const { state, process, scan } = startSupervisor();
  await scan();
  state.nowMs += 3 * 3_600_000;
  await scan();
  expect(await process.snapshot(ref)).toMatchObject({ epoch: 1 });
  expect(writer.isWriting(ref)).toBe(true);
});

it("takes a reply over when it has seen no growth for a lease, gap by gap", async () => {
  await startSilentWriter();
  const { state, process, scan } = startSupervisor();
  for (let gaps = 0; gaps < 4; gaps++) {
    state.nowMs += 100;
    await scan();
  }
  state.nowMs += 400;
  await expectEventually(async () => {
    expect((await process.snapshot(ref))?.epoch).toBeGreaterThan(1);
  });
});

it("takes a reply over after half a lease when the writer's address refuses a watcher", async () => {
  await startSilentWriter();
  let refusals = 0;
  const followLive = () => {
    refusals += 1;
    throw new PeerGoneError("http://127.0.0.1:1");
  };
  const { state, process, scan } = startSupervisor({
    ...unreachable,
    followLive,
  });
  const seen = watchToEnd(process);
  await waitFor(() => refusals > 0);
  for (let gaps = 0; gaps < 2; gaps++) {
    await scan();
    state.nowMs += 100;
  }
  await expectEventually(async () => {
    expect((await process.snapshot(ref))?.epoch).toBeGreaterThan(1);
  });
  await seen;
});

it("takes no reply over while it drains, although its watchers see the handover", async () => {
  const { models } = scriptedModels(() => ["One small ", silent]);
  const writer = directory.process(models);
  await writer.start(ref);
  let reads = 0;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    readdir: (folder) => {
      if (folder === directory.records.folder(ref)) reads += 1;
      return nodeFileSystem.readdir(folder);
    },
  };
  const draining = directory.process(words.models, { fileSystem });
  await draining.drain();
  const seen = watchToEnd(draining);
  await writer.drain();
  const target = reads + 3;
  await waitFor(() => reads >= target);
  const other = directory.process(words.models);
  expect(await other.snapshot(ref)).toMatchObject({ epoch: 1 });
  await watchToEnd(other);
  const { text, events } = await seen;
  expect(text).toBe(ANSWER);
  expect(events.filter(({ kind }) => kind === "epoch")).toHaveLength(2);
});
