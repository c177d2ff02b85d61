import { setTimeout as sleep } from "node:timers/promises";

/** Waits for so many milliseconds, and no longer than until it is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
