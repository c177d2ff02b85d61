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

/** What a visitor's request asks of the store: one that only reads, and one that saves too. */
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
 * Gets, sets and a sweep of Keepsake's store with so many sessions of 2 KB. All are made first, and
 * take turns: then what else the machine does falls on all alike.
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
  console.log(
    "\nAny of so many sessions, not in memory, 8 requests at a time:",
  );
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
        `${(first / rate).toFixed(2)} times the time that it takes with ${fields[0]?.ids.length}`,
    );
  }
}

/** In a process of its own, as it runs in production, but as fast as it can. */
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
    `  a sweep of ${sessions} sessions that finds nothing to do: ${did.seconds} s, ` +
      `${rate} sessions a second, ${did.mostMiB} MiB at most`,
  );
}

/** Makes sessions as they are on disk, without the flushes of one who can't wait. */
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
