import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { newSessionId } from "../../app/web/sessions/session-id";
import { atScale } from "./session-stores/at-scale";
import type { Contestant } from "./session-stores/contestant";
import { keepsake } from "./session-stores/keepsake";
import {
  hasRedis,
  redis,
  renaming,
  sessionFileStore,
} from "./session-stores/others";
import { kindOf, nfsCalls } from "./session-stores/place";
import { isWithin, median, runFor } from "./session-stores/rounds";

/*
 * Gets and sets of sessions of 2 KB and 64 KB, 1 and 32 at a time. Keepsake's store takes turns with:
 *
 * - connect-redis, on a local Redis that flushes every second, or every write;
 * - session-file-store;
 * - files replaced by renaming, flushed or not.
 *
 * Then gets, sets and a sweep of Keepsake's store with up to a million sessions, which need 9 GB and 3
 * million inodes.
 *
 *   scripts/bench/sessions [MS] [SESSIONS...]   milliseconds for each figure (5000);
 *                                               numbers of sessions (1000 100000 1000000)
 *   NFS_A=/mnt/a scripts/bench/sessions         on a network file system, with a count of its remote
 *                                               calls; Redis stays local
 *
 * BENCH_DIRECTORY      another directory; the default is the temporary one, which may be in memory
 * BENCH_ONLY           stores or scale: only that half
 * BENCH_SESSIONS       sessions in each store (500)
 * UV_THREADPOOL_SIZE   threads of this process (16, as in Keepsake's processes)
 * REDIS_SERVER         path of redis-server; without one, Redis is omitted
 *
 * On a slow machine the number of rounds is reduced, so that each table takes at most twice its time.
 * "of" is the number of measured operations.
 *
 * On a network file system, session-file-store and rename may need less than a call per get: they read
 * by name, from a cache that may be a minute old.
 *
 * Only Keepsake, Redis with `always` and `rename, flushed` guarantee that acknowledged data survives a
 * crash.
 */

const [ms = 5000, ...scales] = process.argv.slice(2).map(Number);
/** Many short turns, so that other load on the machine affects all stores. */
const ROUNDS = 25;
const MIN_ROUNDS = 3;
const SESSIONS = Number(process.env.BENCH_SESSIONS ?? 500);
const CONCURRENCIES = [1, 32];
const only = process.env.BENCH_ONLY;

async function main(): Promise<void> {
  const { NFS_A, BENCH_DIRECTORY = tmpdir() } = process.env;
  const place = NFS_A ?? BENCH_DIRECTORY;
  const directory = await mkdtemp(path.join(place, "keepsake-bench-"));
  const local = await mkdtemp(path.join(BENCH_DIRECTORY, "keepsake-bench-"));
  console.log(`In ${place}, on ${await kindOf(place)}.`);
  if (place !== BENCH_DIRECTORY)
    console.log(`Redis in ${local}, on ${await kindOf(local)}.`);
  try {
    for (const bytes of only === "scale" ? [] : [2_048, 65_536]) {
      await compare(directory, local, bytes);
    }
    const standard =
      process.env.NFS_A || only === "stores" ? [] : [1_000, 100_000, 1_000_000];
    const wanted = scales.length > 0 ? scales : standard;
    if (wanted.length > 0)
      await atScale(path.join(directory, "scale"), wanted, ms, ROUNDS);
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
  // A multiple of the lanes, so that no two lanes use the same session.
  const most = Math.max(...CONCURRENCIES);
  const ids = Array.from(
    { length: Math.max(most, SESSIONS - (SESSIONS % most)) },
    newSessionId,
  );
  try {
    for (const contestant of contestants) {
      await Promise.all(
        ids.map((id) => contestant.create(id, valuesOf(bytes))),
      );
    }
    for (const concurrency of CONCURRENCIES) {
      for (const operation of ["get", "set"] as const) {
        console.log(
          `\n${operation}, ${bytes} bytes, ${concurrency} at a time:`,
        );
        await race(contestants, { operation, ids, bytes, concurrency });
      }
    }
  } finally {
    for (const contestant of contestants) await contestant.stop?.();
  }
}

async function redises(directory: string): Promise<Contestant[]> {
  if (hasRedis()) {
    return [
      await redis(directory, "everysec"),
      await redis(directory, "always"),
    ];
  }
  console.log("\nredis-server was not found; Redis is omitted.");
  return [];
}

interface Cell {
  operation: "get" | "set";
  ids: string[];
  bytes: number;
  concurrency: number;
}

interface Score {
  rates: number[];
  done: number;
  remote: number;
  costs: string;
}

async function race(contestants: Contestant[], cell: Cell): Promise<void> {
  const scores = contestants.map((): Score => ({
    rates: [],
    done: 0,
    remote: 0,
    costs: "",
  }));
  const begun = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    if (round >= MIN_ROUNDS && !isWithin(begun, 2 * ms * contestants.length))
      break;
    for (const [i, contestant] of contestants.entries()) {
      const score = scores[i];
      if (score) await takeTurn(contestant, cell, score);
    }
  }
  const ours = median(scores[0]?.rates ?? []);
  for (const [i, { name }] of contestants.entries()) {
    const score = scores[i];
    if (score) report(name, score, ours);
  }
}

async function takeTurn(
  contestant: Contestant,
  { operation, ids, bytes, concurrency }: Cell,
  score: Score,
): Promise<void> {
  if (operation === "set") {
    // A request reads before it saves; this is not measured.
    await Promise.all(ids.map((id) => contestant.get(id)));
  }
  contestant.costs?.(1);
  const before = nfsCalls();
  // Each lane has its own sessions: a visitor seldom sends concurrent requests.
  const { done, seconds } = await runFor(ms / ROUNDS, concurrency, (_, n) => {
    const id = ids[n % ids.length] ?? "";
    return operation === "get"
      ? contestant.get(id)
      : contestant.set(id, valuesOf(bytes, n));
  });
  score.rates.push(done / seconds);
  score.done += done;
  score.remote += nfsCalls() - before;
  score.costs = contestant.costs?.(done) ?? "";
}

function report(name: string, score: Score, ours: number): void {
  const { rates, done, remote, costs } = score;
  const rate = median(rates);
  const [lowest, highest] = [Math.min(...rates), Math.max(...rates)];
  console.log(
    `  ${name.padEnd(20)} ${rounded(rate).padStart(7)} a second (${rounded(lowest)} to ${rounded(highest)}, of ${done})` +
      `  keepsake is ${(ours / rate).toFixed(2)} times that  ` +
      (remote > 0 ? `${(remote / done).toFixed(1)} NFS calls ` : "") +
      costs,
  );
}

const rounded = (rate: number) =>
  rate < 100 ? rate.toFixed(1) : String(Math.round(rate));

/** Session values of about this size as JSON. */
function valuesOf(bytes: number, n = 0): object {
  const versions = { messages: n, conversations: n };
  return { owner: "a".repeat(32), versions, text: "x".repeat(bytes - 100) };
}

void main();
