import { appendFileSync } from "node:fs";
import path from "node:path";
import { createLog, type Logger } from "../../app/core/runtime/log";

/*
 * With TEST_LOGS, all that processes log is kept in that folder, and their last metrics: scripts/test then looks
 * for secrets.
 */

const folder = process.env.TEST_LOGS;

/** Keeps a text that came out of a process. */
export function record(text: string): void {
  if (!folder) return;
  appendFileSync(path.join(folder, `${process.pid}.log`), `${text}\n`);
}

/** The log of web and backend in tests that don't look at it. */
export const recordedLog = (): Logger =>
  folder
    ? createLog("trace", {}, { write: (line) => record(line.trimEnd()) })
    : createLog("silent", {});

export const RECORDED_LEVEL = folder ? "trace" : "silent";
