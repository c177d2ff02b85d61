import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { hashOf } from "../../../app/core/storage/layout/hashes";
import { newSessionId } from "../../../app/web/sessions/session-id";
import type { Contestant } from "./contestant";
import { keepsake } from "./keepsake";
import { median, type Run, runFor } from "./rounds";

interface Field {
  directory: string;
  ids: string[];
  store: Contestant;
}

/** Store operations of a request that only reads, and of one that also saves. */
const operations: Record<
  string,
  (store: Contestant, id: string, n: number) => Promise<unknown>
> = {
  get: (store, id) => store.get(id),
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
  const fields = counts.map((count) => makeField(directory, count));
  console.log("\nRandom sessions, uncached, 8 concurrent requests:");
  for (const [name, operation] of Object.entries(operations)) {
    const rates = fields.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, field] of fields.entries()) {
        const run = await runFor(ms / rounds, 8, (_, n) =>
          operation(field.store, anyOf(field.ids), n),
        );
        rates[i]?.push(rateOf(run));
      }
    }
    tell(name, fields, rates);
  }
  for (const { directory: folder, ids } of fields) {
    await sweepAll(folder, ids.length);
  }
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

/** Writes sessions in the format on disk, unflushed. */
function makeField(parent: string, count: number): Field {
  const directory = path.join(parent, `${count}`);
  for (let shard = 0; shard < 256; shard++) {
    const name = shard.toString(16).padStart(2, "0");
    mkdirSync(path.join(directory, name), { recursive: true, mode: 0o700 });
  }
  const data = { createdAt: Date.now(), values: { text: "x".repeat(1_900) } };
  const saved = { format: 1, token: "t", savedAt: Date.now(), data };
  const text = JSON.stringify(saved);
  const ids = Array.from({ length: count }, () => {
    const id = newSessionId();
    const hash = hashOf(id);
    const folder = path.join(directory, hash.slice(0, 2), hash);
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(path.join(folder, "v1"), text, { mode: 0o600 });
    return id;
  });
  return { directory, ids, store: keepsake(directory, { cacheBytes: 1 }) };
}
