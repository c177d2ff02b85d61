import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ReplyLog } from "../../../app/backend/replies/log/reply-log";
import { replay } from "../../../app/backend/replies/log/replay";
import { nodeFileSystem } from "../../../app/core/storage/file-system";
import { Chaos, type Injection } from "./chaos";
import { Cluster } from "./cluster";
import { mountsLikePods } from "./mounts-like-pods";
import { faultsOf, SurvivingVisitor } from "./surviving-visitor";
import { whereTheyDiffer } from "./where-they-differ";

export interface Survival {
  seed: number;
  /** Duration of the faults, and the average time between two, in milliseconds. */
  ms: number;
  everyMs: number;
  conversations: number;
  /** Words of each reply. */
  words: number;
  /** Milliseconds between two words. */
  wordMs: number;
  leaseSeconds: number;
  drainSeconds: number;
  /** Visitors retry a request after so many milliseconds. */
  patienceMs?: number;
  /** The mounts of one directory; a new local one if there are none. */
  mounts?: string[];
  /** Modules that break backends on purpose. */
  preload?: string[];
  /** Called with the progress now and then. */
  tell?: (progress: string) => void;
}

export interface Outcome {
  /** Empty if all went well. */
  faults: string[];
  injections: Injection[];
  replies: number;
  /** Errors that visitors retried, with their counts. */
  troubles: Record<string, number>;
  /** Processes that ended otherwise than by a SIGKILL or with exit code 0. */
  badEnds: string[];
  seconds: number;
}

/** Lets visitors talk while processes die, and reports losses. */
export async function survive(survival: Survival): Promise<Outcome> {
  const begun = performance.now();
  const own = survival.mounts
    ? undefined
    : await mkdtemp(path.join(tmpdir(), "survival-"));
  const mounts = survival.mounts ?? [own ?? ""];
  await mountsLikePods(mounts);
  const { cluster, records } = await startCluster(survival, mounts);
  try {
    const { visitors, injections } = await talkThrough(cluster, survival);
    const faults = await Promise.all(visitors.map(faultsOf));
    faults.push(await logFaults(records));
    if (visitors.some(({ acknowledged }) => acknowledged.length === 0)) {
      faults.push(["not every visitor got a reply, so the run proves little"]);
    }
    const badEnds = cluster.members.flatMap(({ name, ends }) =>
      ends
        .filter((end) => end !== 0 && end !== "SIGKILL")
        .map((end) => `${name}: ${end}`),
    );
    return {
      faults: faults.flat(),
      injections,
      replies: repliesTo(visitors),
      troubles: sumOf(visitors),
      badEnds,
      seconds: Math.round((performance.now() - begun) / 1_000),
    };
  } finally {
    await cluster.stop();
    if (own) await rm(own, { recursive: true, force: true });
  }
}

async function startCluster(
  survival: Survival,
  mounts: string[],
): Promise<{ cluster: Cluster; records: string }> {
  const name = `run-${survival.seed}-${Date.now()}`;
  const under = (folder: string) =>
    mounts.map((mount) => path.join(mount, name, folder));
  const [records, sessions, secrets] = ["records", "sessions", "secrets"].map(
    under,
  ) as [string[], string[], string[]];
  for (const folder of [records[0], sessions[0], secrets[0]]) {
    await mkdir(folder ?? "", { recursive: true });
  }
  const cluster = await Cluster.start({
    webs: 2,
    backends: 3,
    dataDirectories: records,
    sessionDirectories: sessions,
    secretsDirectory: secrets[0] ?? "",
    preload: survival.preload,
    env: {
      LEASE_SECONDS: String(survival.leaseSeconds),
      DRAIN_SECONDS: String(survival.drainSeconds),
      ELIZA_DELAY_MS: String(survival.wordMs),
      // A machine that needs patient visitors needs a longer storage time-out too.
      ...(survival.patienceMs && {
        STORAGE_TIMEOUT_SECONDS: String(Math.ceil(survival.patienceMs / 1_600)),
      }),
    },
  });
  return { cluster, records: records[0] ?? "" };
}

/** Checks the logs themselves: the pieces of each must add up to the text of its end. */
async function logFaults(records: string): Promise<string[]> {
  const folders = await readdir(records, { recursive: true });
  const logs = folders.filter((folder) => /\/replies\/\d+$/.test(folder));
  const faults = await Promise.all(
    logs.map(async (folder) => {
      const log = new ReplyLog(nodeFileSystem, path.join(records, folder));
      const reading = await log.read();
      if (reading?.currentHeader.kind !== "end")
        return [`${folder} has no end`];
      const { text } = replay(reading.records.slice(0, -1));
      const said = String(reading.currentHeader["text"]);
      if (text === said) return [];
      return [
        `${folder}: its pieces do not add up to its text: ${whereTheyDiffer(text, said)}`,
      ];
    }),
  );
  return faults.flat();
}

async function talkThrough(cluster: Cluster, survival: Survival) {
  const { seed, ms, everyMs, leaseSeconds, conversations, words } = survival;
  const { patienceMs } = survival;
  const leaseMs = leaseSeconds * 1_000;
  const chaos = new Chaos(cluster, { seed, ms, everyMs, leaseMs });
  let isOver = false;
  const visitors = Array.from(
    { length: conversations },
    (_, index) =>
      new SurvivingVisitor(cluster.front.url, `Visitor ${index}`, patienceMs),
  );
  let waiting = conversations;
  const talking = visitors.map(async (visitor, index) => {
    // Staggered: a simultaneous start is another test.
    await sleep((index / conversations) * 2_000);
    await visitor.talk(() => isOver, words);
    waiting--;
  });
  const telling = setInterval(() => {
    survival.tell?.(
      `${chaos.injections.length} faults injected${isOver ? " (done)" : ""}; ${repliesTo(visitors)} replies; ${waiting} visitors active`,
    );
  }, TELL_MS);
  await chaos.run();
  isOver = true;
  await Promise.all(talking);
  clearInterval(telling);
  return { visitors, injections: chaos.injections };
}

const TELL_MS = 15_000;

const repliesTo = (visitors: SurvivingVisitor[]): number =>
  visitors.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);

function sumOf(visitors: SurvivingVisitor[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { troubles } of visitors) {
    for (const [trouble, count] of troubles) {
      sums[trouble] = (sums[trouble] ?? 0) + count;
    }
  }
  return sums;
}
