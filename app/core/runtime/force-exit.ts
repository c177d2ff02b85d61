import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "./log";

/** Pending calls that occupy a thread of the pool, which `process.exit` waits for. */
const ON_THREAD = /^(?:FSReq|FileHandleCloseReq|GetAddrInfoReq|GetNameInfoReq)/;

/** Pending calls may take this long: far longer than on a healthy disk. */
const PATIENCE_MS = 1_000;

const POLL_MS = 10;

/**
 * Exits in bounded time. `process.exit` waits for every pending call to the file system, so a
 * process with hanging storage kills itself instead. That is safe: acknowledged data is on disk.
 *
 * @param code The exit status; a killed process has none.
 */
export async function forceExit(code: number, log: Logger): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (hasPendingCalls() && performance.now() < end) await sleep(POLL_MS);
  if (!hasPendingCalls()) process.exit(code);
  log.warn("exiting with storage calls still pending");
  process.kill(process.pid, "SIGKILL");
}

const hasPendingCalls = () =>
  process.getActiveResourcesInfo().some((name) => ON_THREAD.test(name));
