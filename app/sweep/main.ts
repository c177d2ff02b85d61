#!/usr/bin/env node
import path from "node:path";
import {
  environment,
  readSweepConfig,
  type SweepConfig,
} from "../core/config/config";
import { errorCode } from "../core/runtime/errors";
import { boundFileSystem } from "../core/storage/bounded-file-system";
import { nodeFileSystem } from "../core/storage/file-system";
import { createLog, errorLine, type Logger } from "../core/runtime/log";
import { redactHashes, redactHashesIn } from "../core/storage/layout/hashes";
import { Sweep } from "./sweep";
import { sweepRecords } from "./sweep-records";
import { sweepSessions } from "./sweep-sessions";

const HELP = `Removes what nobody needs from disk, beside running processes and other sweeps:
old versions, expired sessions, folded entries, conversations that were deleted long ago
(DELETED_CONVERSATION_SECONDS), and what crashes left behind.

  sweep sessions    looks in SESSION_DIRECTORY
  sweep records     looks in DATA_DIRECTORY
`;

const standards = {
  sessions: ["SESSION_DIRECTORY", "./data/sessions"],
  records: ["DATA_DIRECTORY", "./data/records"],
} as const;

type What = keyof typeof standards;

/** @returns The exit status: 1 if something could not be swept. */
async function main(args: string[]): Promise<number> {
  const [what] = args;
  if (args.length !== 1 || (what !== "sessions" && what !== "records")) {
    process.stderr.write(HELP);
    return what === "--help" ? 0 : 2;
  }
  const config = readSweepConfig(environment());
  const log = logFor(what, config);
  const directory = directoryOf(what, config);
  const begun = performance.now();
  const sweep = await begin(directory, config, log);
  const idleMs = config.SESSION_IDLE_SECONDS * 1000;
  const deletedMs = config.DELETED_CONVERSATION_SECONDS * 1000;
  if (what === "records") await sweepRecords(sweep, directory, deletedMs);
  else await sweepSessions(sweep, directory, idleMs);
  const seconds = Math.round(performance.now() - begun) / 1000;
  const mostMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const told = sweep.isCut
    ? "swept a part; the next begins elsewhere"
    : "swept";
  log.info({ ...sweep.tally, seconds, mostMiB, directory }, told);
  return sweep.tally.failed > 0 ? 1 : 0;
}

/** A session's folder is named by a hash without salt, which no log holds. */
const withoutHashes = {
  error: (error: unknown) => errorLine(redactHashesIn(error)),
  file: redactHashes,
};

function logFor(what: What, config: SweepConfig): Logger {
  const log = createLog(config.LOG_LEVEL, { role: "sweep", of: what });
  if (what !== "sessions") return log;
  return log.child({}, { serializers: withoutHashes });
}

function directoryOf(what: What, config: SweepConfig): string {
  const [setting, standard] = standards[what];
  return path.resolve(config[setting] ?? standard);
}

async function begin(
  directory: string,
  config: SweepConfig,
  log: Logger,
): Promise<Sweep> {
  const fileSystem = boundFileSystem(nodeFileSystem, {
    // Nobody waits for it.
    timeoutMs: config.STORAGE_TIMEOUT_SECONDS * 10_000,
    concurrency: 8,
  });
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => stop.abort());
  }
  setTimeout(() => stop.abort(), config.SWEEP_SECONDS * 1_000).unref();
  try {
    return await Sweep.begin(directory, {
      fileSystem,
      log,
      foldersPerSecond: config.SWEEP_FOLDERS_PER_SECOND,
      signal: stop.signal,
    });
  } catch (error) {
    const code = errorCode(error) ?? String(error);
    throw new Error(
      `${JSON.stringify(directory)} can't be swept (${code}). Mount its volume there, or name another directory.`,
      { cause: error },
    );
  }
}

async function run(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}\n`);
    process.exitCode = 1;
  }
}

void run();
