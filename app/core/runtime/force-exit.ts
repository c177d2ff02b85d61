import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "./log";

/** What a thread is busy with that no end of the process interrupts. */
const ON_THREAD = /^(?:FSReq|FileHandleCloseReq|GetAddrInfoReq|GetNameInfoReq)/;

/** How long calls that are under way may take to return: far longer than those of a healthy disk. */
const PATIENCE_MS = 1_000;

const LOOK_MS = 10;

/**
 * Ends the process in bounded time. `process.exit` waits for every call to the file system that is
 * under way, so that a process whose storage hangs would stay until somebody kills it; this one
 * then kills itself. What was acknowledged is on disk by then, and all else may be cut anywhere.
 *
 * @param code The exit status; killed, it has none.
 */
export async function endProcess(code: number, log: Logger): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (isOnThread() && performance.now() < until) await sleep(LOOK_MS);
  if (!isOnThread()) process.exit(code);
  log.warn("ends without the calls that the storage does not answer");
  process.kill(process.pid, "SIGKILL");
}

const isOnThread = () =>
  process.getActiveResourcesInfo().some((name) => ON_THREAD.test(name));
