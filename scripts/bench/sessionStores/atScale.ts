import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { hashOf, newSessionId } from "../../../app/web/sessions/sessionId";
import { keepsake } from "./keepsake";

/** Gets, sets and a sweep of so many sessions of 2 KB. */
export async function atScale(
  directory: string,
  sessions: number,
  ms: number,
): Promise<void> {
  const ids = make(directory, sessions);
  const cold = keepsake(directory, { cacheBytes: 1 });
  const rates = { get: 0, set: 0 };
  for (const operation of ["get", "set"] as const) {
    let done = 0;
    const begun = performance.now();
    const lanes = Array.from({ length: 8 }, async () => {
      while (performance.now() < begun + ms) {
        const id = ids[Math.floor(Math.random() * ids.length)] ?? "";
        await cold[operation](id, { n: done });
        done++;
      }
    });
    await Promise.all(lanes);
    rates[operation] = (done * 1000) / (performance.now() - begun);
  }
  console.log(
    `\n${sessions} sessions, any of them, not in memory, 8 at a time: ` +
      `${Math.round(rates.get)} gets and ${Math.round(rates.set)} sets a second`,
  );
  await sweepAll(directory);
  rmSync(directory, { recursive: true });
}

/** In a process of its own, as it runs in production, but as fast as it can. */
async function sweepAll(directory: string): Promise<void> {
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
    `  a sweep that finds nothing to do: ${did.seconds} s, ${rate} sessions a second, ` +
      `${did.mostMiB} MiB at most`,
  );
}

/** Makes sessions as they are on disk, without the flushes of one who can't wait. */
function make(directory: string, sessions: number): string[] {
  const data = { createdAt: Date.now(), values: { text: "x".repeat(1_900) } };
  const saved = { format: 1, token: "t", savedAt: Date.now(), data };
  const text = JSON.stringify(saved);
  return Array.from({ length: sessions }, () => {
    const id = newSessionId();
    const hash = hashOf(id);
    const folder = path.join(directory, hash.slice(0, 2), hash);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(folder, "v1"), text, { mode: 0o600 });
    return id;
  });
}
