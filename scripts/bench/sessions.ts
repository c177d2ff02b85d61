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
 * UV_THREADPOOL_SIZE sets the threads of this process (16, as Keepsake's processes have).
 * Without redis-server (or REDIS_SERVER, its path) its contestants are left out. A million sessions
 * need 9 GB and 3 million inodes.
 *
 * However slow a machine is, each table takes a bounded time, and is printed when it is there: after
 * twice the time that it should take, no further round is begun. "of" tells how many were measured.
 *
 * On a network file system what reads a file by its name (session-file-store, rename) makes fewer
 * calls than one a get, as it is answered from a cache: fast, and up to a minute old.
 *
 * Only Keepsake, Redis with `always` and `rename, flushed` promise that what was acknowledged
 * survives a crash.
 */

const [ms = 5000, ...scales] = process.argv.slice(2).map(Number);
/** Many short turns: what else the machine does then falls on all alike. */
const ROUNDS = 25;
/** On a slow machine a turn takes longer than it should, and there are fewer; never fewer than these. */
const LEAST_ROUNDS = 3;
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
  // The same number for every lane, so that no two of them meet.
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
  console.log("\nThere is no redis-server here: it is left out.");
  return [];
}

interface Cell {
  operation: "get" | "set";
  ids: string[];
  bytes: number;
  concurrency: number;
}

/** What one contestant did in all its turns. */
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
    if (round >= LEAST_ROUNDS && !isWithin(begun, 2 * ms * contestants.length))
      break;
    for (const [i, contestant] of contestants.entries()) {
      const score = scores[i];
      if (score) await takeTurn(contestant, cell, score);
    }
  }
  const ours = median(scores[0]?.rates ?? []);
  for (const [i, { name }] of contestants.entries()) {
    const score = scores[i];
    if (score) tell(name, score, ours);
  }
}

async function takeTurn(
  contestant: Contestant,
  { operation, ids, bytes, concurrency }: Cell,
  score: Score,
): Promise<void> {
  if (operation === "set") {
    // What a request does before it saves, and no part of it.
    await Promise.all(ids.map((id) => contestant.get(id)));
  }
  contestant.costs?.(1);
  const before = nfsCalls();
  // Each lane has sessions of its own: visitors seldom wait for themselves.
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

function tell(name: string, score: Score, ours: number): void {
  const { rates, done, remote, costs } = score;
  const rate = median(rates);
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  console.log(
    `  ${name.padEnd(20)} ${rounded(rate).padStart(7)} a second (${rounded(least)} to ${rounded(most)}, of ${done})` +
      `  keepsake is ${(ours / rate).toFixed(2)} times that  ` +
      (remote > 0 ? `${(remote / done).toFixed(1)} NFS calls ` : "") +
      costs,
  );
}

const rounded = (rate: number) =>
  rate < 100 ? rate.toFixed(1) : String(Math.round(rate));

/** Values of about this size in JSON, as sessions hold: some short ones, and a text. */
function valuesOf(bytes: number, n = 0): object {
  const versions = { messages: n, conversations: n };
  return { owner: "a".repeat(32), versions, text: "x".repeat(bytes - 100) };
}

void main();
