import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ReplyLog } from "../../../app/backend/replies/log/reply-log";
import { replay } from "../../../app/backend/replies/log/replay";
import { nodeFileSystem } from "../../../app/core/storage/file-system";
import { Chaos, type Injection } from "./chaos";
import { Cluster } from "./cluster";
import { CommittedReader, replyLogsIn } from "./committed-reader";
import { mountsLikePods } from "./mounts-like-pods";
import { faultsOfHurried, HurriedVisitor } from "./hurried-visitor";
import { faultsOf, SurvivingVisitor } from "./surviving-visitor";
import { firstDifference } from "./first-difference";
import type { PersistentVisitor } from "./persistent-visitor";

export interface SurvivalOptions {
  seed: number;
  /** Minimum duration, and the average time between injected faults. */
  ms: number;
  everyMs: number;
  conversations: number;
  /** Words of each reply, and the time between two of them. */
  words: number;
  wordMs: number;
  leaseSeconds: number;
  drainSeconds: number;
  /** Visitors retry a request after this time. */
  patienceMs?: number;
  /** Mounts of one directory; by default a temporary directory. */
  mounts?: string[];
  /** Modules that break backends deliberately. */
  preload?: string[];
  onProgress?: (progress: string) => void;
}

export interface Outcome {
  /** Broken promises; empty on success. */
  faults: string[];
  injections: Injection[];
  replies: number;
  /** Acknowledged messages of visitors who don't wait, and their changes of the queue. */
  queued: { messages: number; edits: number; withdrawals: number };
  /** Reasons for retries by visitors, each with its count. */
  retries: Record<string, number>;
  /** Exits other than by SIGKILL or with code 0. */
  badExits: string[];
  seconds: number;
}

/** Lets visitors chat while processes die, and reports lost text. */
export async function survive(options: SurvivalOptions): Promise<Outcome> {
  const begun = performance.now();
  const own = options.mounts
    ? undefined
    : await mkdtemp(path.join(tmpdir(), "survival-"));
  const mounts = options.mounts ?? [own ?? ""];
  await mountsLikePods(mounts);
  const { cluster, records } = await startCluster(options, mounts);
  const reader = new CommittedReader(records);
  try {
    const { visitors, hurried, injections } = await chatUnderFaults(
      cluster,
      options,
    );
    const faults = await Promise.all([
      ...visitors.map(faultsOf),
      ...hurried.map(faultsOfHurried),
    ]);
    faults.push(await logFaults(records), await reader.faults());
    if (visitors.some(({ acknowledged }) => acknowledged.length === 0)) {
      faults.push(["a visitor got no reply, so the run proves little"]);
    }
    const badExits = cluster.members.flatMap(({ name, exits }) =>
      exits
        .filter((exit) => exit !== 0 && exit !== "SIGKILL")
        .map((exit) => `${name}: ${exit}`),
    );
    return {
      faults: faults.flat(),
      injections,
      replies: repliesTo(visitors),
      queued: {
        messages: totalOf(hurried.map(({ prompts }) => prompts.length)),
        edits: totalOf(hurried.map(({ edits }) => edits)),
        withdrawals: totalOf(hurried.map(({ withdrawals }) => withdrawals)),
      },
      retries: sumOf([...visitors, ...hurried]),
      badExits,
      seconds: Math.round((performance.now() - begun) / 1_000),
    };
  } finally {
    await reader.stop();
    await cluster.stop();
    if (own) await rm(own, { recursive: true, force: true });
  }
}

async function startCluster(
  options: SurvivalOptions,
  mounts: string[],
): Promise<{ cluster: Cluster; records: string }> {
  const name = `run-${options.seed}-${Date.now()}`;
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
    preload: options.preload,
    env: {
      LEASE_SECONDS: String(options.leaseSeconds),
      DRAIN_SECONDS: String(options.drainSeconds),
      ELIZA_DELAY_MS: String(options.wordMs),
      // The storage timeout scales with the visitors' patience.
      ...(options.patienceMs && {
        STORAGE_TIMEOUT_SECONDS: String(Math.ceil(options.patienceMs / 1_600)),
      }),
    },
  });
  return { cluster, records: records[0] ?? "" };
}

/** The replayed text of each reply log must equal the text of its end entry. */
async function logFaults(records: string): Promise<string[]> {
  const logs = await replyLogsIn(records);
  const faults = await Promise.all(
    logs.map(async (folder) => {
      const log = new ReplyLog(nodeFileSystem, path.join(records, folder));
      const snapshot = await log.read();
      if (snapshot?.currentHeader.kind !== "end")
        return [`${folder} has no end`];
      const { text } = replay(snapshot.records.slice(0, -1));
      const final = String(snapshot.currentHeader["text"]);
      if (text === final) return [];
      return [
        `${folder}: replayed text differs from the end entry: ${firstDifference(text, final)}`,
      ];
    }),
  );
  return faults.flat();
}

async function chatUnderFaults(cluster: Cluster, options: SurvivalOptions) {
  const { seed, ms, everyMs, leaseSeconds, conversations, words } = options;
  const { patienceMs } = options;
  const leaseMs = leaseSeconds * 1_000;
  const chaos = new Chaos(cluster, { seed, ms, everyMs, leaseMs });
  let isOver = false;
  const { url } = cluster.front;
  const all = Array.from({ length: conversations }, (_, index) =>
    index % HURRIED_EVERY === HURRIED_EVERY - 1
      ? new HurriedVisitor(url, `Visitor ${index}`, patienceMs)
      : new SurvivingVisitor(url, `Visitor ${index}`, patienceMs),
  );
  const visitors = all.filter((one) => one instanceof SurvivingVisitor);
  const hurried = all.filter((one) => one instanceof HurriedVisitor);
  let waiting = conversations;
  const talking = all.map(async (visitor, index) => {
    // Spread out: a burst of new visitors is tested elsewhere.
    await sleep((index / conversations) * 2_000);
    await visitor.talk(() => isOver, words);
    waiting--;
  });
  const progress = setInterval(() => {
    options.onProgress?.(
      `${chaos.injections.length} faults injected${isOver ? " (all)" : ""}; ${repliesTo(visitors)} replies; ${waiting} visitors active`,
    );
  }, PROGRESS_MS);
  await chaos.run();
  isOver = true;
  await Promise.all(talking);
  clearInterval(progress);
  return { visitors, hurried, injections: chaos.injections };
}

const PROGRESS_MS = 15_000;

/** One in so many visitors does not wait for replies. */
const HURRIED_EVERY = 4;

const totalOf = (numbers: number[]): number =>
  numbers.reduce((total, number) => total + number, 0);

const repliesTo = (visitors: SurvivingVisitor[]): number =>
  totalOf(visitors.map(({ acknowledged }) => acknowledged.length));

function sumOf(visitors: PersistentVisitor[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { retries } of visitors) {
    for (const [reason, count] of retries) {
      sums[reason] = (sums[reason] ?? 0) + count;
    }
  }
  return sums;
}
