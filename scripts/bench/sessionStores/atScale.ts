import { mkdirSync, writeFileSync, rmSync } from "node:fs";
import path from "node:path";
import { boundFileSystem } from "../../../app/shared/files/boundedFileSystem";
import { nodeFileSystem } from "../../../app/shared/files/FileSystem";
import { createLog } from "../../../app/shared/log";
import { Sweep } from "../../../app/sweep/Sweep";
import { sweepSessions } from "../../../app/sweep/sweepSessions";
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

async function sweepAll(directory: string): Promise<void> {
  const sweep = await Sweep.begin(directory, {
    fileSystem: boundFileSystem(nodeFileSystem, {
      timeoutMs: 60_000,
      concurrency: 8,
    }),
    log: createLog("warn", {}),
    foldersPerSecond: 100_000,
    signal: new AbortController().signal,
  });
  const begun = performance.now();
  await sweepSessions(sweep, directory, 1e12);
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `  a sweep that finds nothing to do: ${seconds.toFixed(1)} s, ` +
      `${Math.round(sweep.tally.examined / seconds)} sessions a second, ` +
      `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB resident, the ids of the benchmark included`,
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
