import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { toBase32 } from "../../../app/core/runtime/ids";
import { hashOf } from "../../../app/core/storage/layout/hashes";
import type { Contestant } from "./contestant";
import { keepsake } from "./keepsake";
import { median, type Run, runFor } from "./rounds";

/** Sessions on disk. */
export interface Field {
  directory: string;
  ids: string[];
  store: Contestant;
}

type Operation = (store: Contestant, id: string, n: number) => Promise<unknown>;

export const getSession: Operation = (store, id) => store.get(id);

/** Store operations of a request that only reads, and of one that also saves. */
const operations: Record<string, Operation> = {
  get: getSession,
  "get and set": async (store, id, n) => {
    await store.get(id);
    await store.set(id, { n });
  },
};

/**
 * Measures gets, sets and a sweep of Keepsake's store with `counts` sessions of 2 KB. The stores take
 * turns, so that other load on the machine affects all of them.
 *
 * @param ms Milliseconds for each figure.
 */
export async function atScale(
  directory: string,
  counts: number[],
  ms: number,
  rounds: number,
): Promise<void> {
  const fields = counts.map((count) => layOutSessions(directory, count));
  console.log("\nRandom sessions, uncached, 8 concurrent requests:");
  for (const [name, operation] of Object.entries(operations)) {
    const rates = fields.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      const now = await ratesOf(operation, fields, ms / rounds);
      for (const [i, rate] of now.entries()) rates[i]?.push(rate);
    }
    tell(name, fields, rates);
  }
  for (const { directory: folder, ids } of fields) {
    await sweepAll(folder, ids.length);
  }
}

/** Operations a second for each field, one after the other. */
export async function ratesOf(
  operation: Operation,
  fields: Field[],
  ms: number,
): Promise<number[]> {
  const rates: number[] = [];
  for (const { store, ids } of fields) {
    const run = await runFor(ms, 8, (_, n) => operation(store, anyOf(ids), n));
    rates.push(rateOf(run));
  }
  return rates;
}

const rateOf = ({ done, seconds }: Run) => done / seconds;

const anyOf = (ids: string[]) =>
  ids[Math.floor(Math.random() * ids.length)] ?? "";

function tell(name: string, fields: Field[], rates: number[][]): void {
  const first = median(rates[0] ?? []);
  for (const [i, { ids }] of fields.entries()) {
    const rate = median(rates[i] ?? []);
    console.log(
      `  ${name}, ${ids.length} sessions: ${Math.round(rate)} a second, ` +
        `${(first / rate).toFixed(2)} times the duration with ${fields[0]?.ids.length}`,
    );
  }
}

/** In a separate process, as in production, but without the rate limit. */
async function sweepAll(directory: string, sessions: number): Promise<void> {
  const main = path.join(__dirname, "../../../app/sweep/main.js");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [main, "sessions"],
    {
      env: {
        ...process.env,
        SESSION_DIRECTORY: directory,
        SWEEP_FOLDERS_PER_SECOND: "100000",
      },
    },
  );
  const did = JSON.parse(stdout) as Record<string, number>;
  const rate = Math.round((did.examined ?? 0) / (did.seconds ?? 1));
  console.log(
    `  a sweep of ${sessions} live sessions: ${did.seconds} s, ` +
      `${rate} sessions a second, peak ${did.mostMiB} MiB`,
  );
}

/**
 * Writes sessions in the format on disk, unflushed, unless an earlier run did: their ids are the same in
 * each run.
 */
export function layOutSessions(parent: string, count: number): Field {
  const directory = path.join(parent, `${count}`);
  const complete = `${directory}.complete`;
  const ids = Array.from({ length: count }, (_, index) => idOf(index));
  if (!existsSync(complete)) {
    for (let shard = 0; shard < 256; shard++) {
      const name = shard.toString(16).padStart(2, "0");
      mkdirSync(path.join(directory, name), { recursive: true, mode: 0o700 });
    }
    for (const id of ids) writeSession(directory, id);
    writeFileSync(complete, "");
  }
  return { directory, ids, store: keepsake(directory, { cacheBytes: 1 }) };
}

/** In the form of a session's id. */
function idOf(index: number): string {
  const digest = createHash("sha256").update(`session ${index}`).digest();
  return toBase32(digest.subarray(0, 20));
}

const data = { createdAt: 0, values: { text: "x".repeat(1_900) } };
const text = JSON.stringify({ format: 1, token: "t", savedAt: 0, data });

function writeSession(directory: string, id: string): void {
  const hash = hashOf(id);
  const folder = path.join(directory, hash.slice(0, 2), hash);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(folder, "v1"), text, { mode: 0o600 });
}
