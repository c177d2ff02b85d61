import { once } from "node:events";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createStorageContext,
  type Damage,
} from "../../../app/core/storage/storage-context";
import { createFileSessionStore } from "../../../app/web/sessions/file-session-store";
import { newSessionId } from "../../../app/web/sessions/session-id";
import { startProcess } from "../../../test/support/processes";

export interface KillingReport {
  kills: number;
  acknowledged: number;
  /** Sessions that lacked an acknowledged save after a kill. */
  lost: number;
  /** Sessions with a value that no process wrote. */
  invented: number;
  damaged: number;
}

/** Kills processes that save to the same sessions, several at a time and at random moments. */
export async function killUnderLoad(
  directory: string,
  kills: number,
  processes = 4,
): Promise<KillingReport> {
  const report = {
    kills: 0,
    acknowledged: 0,
    lost: 0,
    invented: 0,
    damaged: 0,
  };
  while (report.kills < kills) {
    const ids = Array.from({ length: 6 }, newSessionId);
    const store = open(directory, () => report.damaged++);
    for (const id of ids) await store.create(id, {});
    const victims = Array.from({ length: processes }, (_, i) =>
      killOne(directory, `key${i}`, ids),
    );
    for (const victim of await Promise.all(victims)) {
      report.kills++;
      report.acknowledged += victim.acknowledged;
      for (const id of ids) {
        // Like another process: its cache is empty.
        const reader = open(directory, () => report.damaged++);
        const values = (await reader.read(id))?.values ?? {};
        const found = Number(values[victim.key] ?? 0);
        const least = victim.last.get(id) ?? 0;
        if (found < least) report.lost++;
        if (found > least + 1) report.invented++;
      }
    }
  }
  return report;
}

async function killOne(directory: string, key: string, ids: string[]) {
  const file = path.join(__dirname, "hammer.ts");
  const child = startProcess(file, [directory, key, ...ids]);
  const last = new Map<string, number>();
  let acknowledged = 0;
  child.on("message", ({ id, n }: { id: string; n: number }) => {
    last.set(id, n);
    acknowledged++;
  });
  for (let told = 0; told < 5; told++) await once(child, "message");
  await sleep(Math.random() * 300);
  child.kill("SIGKILL");
  await child.ended;
  return { key, last, acknowledged };
}

function open(directory: string, onDamage: (damage: Damage) => void) {
  return createFileSessionStore({
    directory,
    files: createStorageContext({ onDamage }),
    idleMs: 1e12,
    absoluteMs: 1e12,
    now: Date.now,
  });
}
