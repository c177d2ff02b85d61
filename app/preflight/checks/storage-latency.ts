import { link, open, opendir } from "node:fs/promises";
import path from "node:path";
import { type Check, ok, type Outcome, warning } from "../check";
import { inEachDirectory, inScratchFolder } from "../storage/directories";
import { quantile, timeEach } from "../storage/timings";

const ROUNDS = 40;

/** Every page begins with a listing of its session's folder. */
const LIST_BUDGET_MS = 20;
/** A write creates, flushes and links a file; a message may wait for two of them. */
const WRITE_BUDGET_MS = 60;
/** A reply is flushed every 200 ms. */
const FLUSH_BUDGET_MS = 100;

/** Measures the three most frequent operations. */
export const storageLatency: Check = {
  name: "storage-latency",
  why: "Each page waits for one listing, each message for one or two writes, and a reply in progress for five flushes a second.",
  run: ({ config }) =>
    inEachDirectory(config, (setting, directory) =>
      inScratchFolder(directory, (folder) => measure(setting, folder)),
    ),
};

async function measure(setting: string, folder: string): Promise<Outcome> {
  const list = await timeEach(ROUNDS, () => listOnce(folder));
  const write = await timeEach(ROUNDS, (round) => writeOnce(folder, round));
  const flush = await timeFlushes(folder);
  const figures = [
    { name: "list", ms: quantile(list, 0.5), budget: LIST_BUDGET_MS },
    { name: "write", ms: quantile(write, 0.5), budget: WRITE_BUDGET_MS },
    {
      name: "flush (95 %)",
      ms: quantile(flush, 0.95),
      budget: FLUSH_BUDGET_MS,
    },
  ];
  const seen = `${setting}: ${figures.map(({ name, ms, budget }) => `${name} ${ms.toFixed(1)} ms of ${budget}`).join(", ")}.`;
  if (figures.every(({ ms, budget }) => ms <= budget)) return ok(seen);
  return warning(
    seen,
    "On EFS, use General Purpose performance mode with Elastic throughput, and a mount target in each zone with nodes. Check the metrics PercentIOLimit and BurstCreditBalance.",
  );
}

async function listOnce(folder: string): Promise<void> {
  for await (const _ of await opendir(folder));
}

async function writeOnce(folder: string, round: number): Promise<void> {
  const temporary = path.join(folder, `${round}.tmp`);
  const file = await open(temporary, "wx");
  try {
    await file.writeFile("{}\n");
    await file.sync();
  } finally {
    await file.close();
  }
  await link(temporary, path.join(folder, String(round)));
}

async function timeFlushes(folder: string): Promise<number[]> {
  const file = await open(path.join(folder, "log"), "a");
  try {
    return await timeEach(ROUNDS, async () => {
      await file.appendFile('{"text":"a few words"}\n');
      await file.datasync();
    });
  } finally {
    await file.close();
  }
}
