import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { newSessionId } from "../../app/web/sessions/sessionId";
import { atScale } from "./sessionStores/atScale";
import type { Contestant } from "./sessionStores/Contestant";
import { keepsake } from "./sessionStores/keepsake";
import {
  hasRedis,
  redis,
  renaming,
  sessionFileStore,
} from "./sessionStores/others";
import { kindOf, nfsCalls } from "./sessionStores/place";

/*
 * Gets and sets of sessions of 2 KB and 64 KB, by 1 and by 32 at a time: Keepsake's store beside
 * connect-redis (on a local Redis that flushes every second, or every write), session-file-store,
 * and files replaced by a rename (flushed, or not), taking turns in one run. Then gets, sets and
 * a sweep of Keepsake's at a thousand, a hundred thousand and a million sessions.
 *
 *   scripts/bench/sessions [MS] [SESSIONS...]   milliseconds for each figure (5000), in rounds of a
 *                                               twenty-fifth; numbers of sessions (1000 100000
 *                                               1000000)
 *   NFS_A=/mnt/a scripts/bench/sessions         on a network file system, whose remote calls are
 *                                               counted too; Redis stays local
 *
 * BENCH_DIRECTORY says where else (the temporary directory, which may be in memory);
 * BENCH_ONLY=stores or scale leaves out the other half; BENCH_SESSIONS sets how many sessions the
 * stores hold (500).
 * Without redis-server its contestants are left out. A million sessions need 9 GB and 3 million
 * inodes.
 *
 * Only Keepsake, Redis with `always` and `rename, flushed` promise that what was acknowledged
 * survives a crash.
 */

const [ms = 5000, ...scales] = process.argv.slice(2).map(Number);
/** Many short turns: what else the machine does then falls on all alike. */
const ROUNDS = 25;
const SESSIONS = Number(process.env.BENCH_SESSIONS ?? 500);
const only = process.env.BENCH_ONLY;

async function main(): Promise<void> {
  const { NFS_A, BENCH_DIRECTORY = tmpdir() } = process.env;
  const place = NFS_A ?? BENCH_DIRECTORY;
  const directory = await mkdtemp(path.join(place, "keepsake-bench-"));
  const local = await mkdtemp(path.join(BENCH_DIRECTORY, "keepsake-bench-"));
  console.log(`In ${place}, on ${await kindOf(place)}.`);
  try {
    for (const bytes of only === "scale" ? [] : [2_048, 65_536]) {
      await compare(directory, local, bytes);
    }
    const standard =
      process.env.NFS_A || only === "stores" ? [] : [1_000, 100_000, 1_000_000];
    const wanted = scales.length > 0 ? scales : standard;
    for (const sessions of wanted) {
      await atScale(path.join(directory, "scale"), sessions, ms / 5);
    }
  } finally {
    await rm(directory, { recursive: true });
    await rm(local, { recursive: true });
  }
}

async function compare(directory: string, local: string, bytes: number) {
  const inside = path.join(directory, `${bytes}`);
  const contestants = [
    keepsake(path.join(inside, "keepsake")),
    ...(await redises(local)),
    await sessionFileStore(inside),
    await renaming(inside, false),
    await renaming(inside, true),
  ];
  const ids = Array.from({ length: SESSIONS }, newSessionId);
  for (const contestant of contestants) {
    await Promise.all(ids.map((id) => contestant.create(id, valuesOf(bytes))));
    contestant.costs?.(1);
  }
  for (const concurrency of [1, 32]) {
    for (const operation of ["get", "set"] as const) {
      console.log(`\n${operation}, ${bytes} bytes, ${concurrency} at a time:`);
      await race(contestants, operation, ids, bytes, concurrency);
    }
  }
  for (const contestant of contestants) await contestant.stop?.();
}

async function redises(directory: string): Promise<Contestant[]> {
  if (hasRedis()) {
    return [
      await redis(directory, "everysec"),
      await redis(directory, "always"),
    ];
  }
  console.log("\nThere is no redis-server here: it is left out.");
  return [];
}

async function race(
  contestants: Contestant[],
  operation: "get" | "set",
  ids: string[],
  bytes: number,
  concurrency: number,
): Promise<void> {
  const rates = contestants.map((): number[] => []);
  const costs: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, contestant] of contestants.entries()) {
      // What a request does before it saves, and no part of it.
      if (operation === "set") await contestant.get(ids[0] ?? "");
      contestant.costs?.(1);
      const before = nfsCalls();
      const count = await run(contestant, operation, ids, bytes, concurrency);
      const remote = (nfsCalls() - before) / count.done;
      rates[i]?.push(count.rate);
      costs[i] =
        (remote > 0 ? `${remote.toFixed(1)} NFS calls ` : "") +
        (contestant.costs?.(count.done) ?? "");
    }
  }
  const ours = median(rates[0] ?? []);
  for (const [i, contestant] of contestants.entries()) {
    const rate = median(rates[i] ?? []);
    const spread = `${Math.round(Math.min(...(rates[i] ?? [])))} to ${Math.round(Math.max(...(rates[i] ?? [])))}`;
    console.log(
      `  ${contestant.name.padEnd(20)} ${Math.round(rate).toString().padStart(7)} a second (${spread})` +
        `  keepsake is ${(ours / rate).toFixed(2)} times that  ${costs[i] ?? ""}`,
    );
  }
}

async function run(
  contestant: Contestant,
  operation: "get" | "set",
  ids: string[],
  bytes: number,
  concurrency: number,
): Promise<{ rate: number; done: number }> {
  let done = 0;
  const begun = performance.now();
  const until = begun + ms / ROUNDS;
  // Each lane has sessions of its own: visitors seldom wait for themselves.
  const lanes = Array.from({ length: concurrency }, async (_, lane) => {
    for (let i = lane; performance.now() < until; i += concurrency, done++) {
      const id = ids[i % (ids.length - (ids.length % concurrency))] ?? "";
      if (operation === "get") await contestant.get(id);
      else await contestant.set(id, valuesOf(bytes, i));
    }
  });
  await Promise.all(lanes);
  return { rate: (done * 1000) / (performance.now() - begun), done };
}

/** Values of about this size in JSON, as sessions hold: some short ones, and a text. */
function valuesOf(bytes: number, n = 0): object {
  const versions = { messages: n, conversations: n };
  return { owner: "a".repeat(32), versions, text: "x".repeat(bytes - 100) };
}

const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

void main();
