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
import { errorLine } from "../core/runtime/error-line";
import { createLog, type Logger } from "../core/runtime/log";
import { redactHashes, redactHashesIn } from "../core/storage/layout/hashes";
import { abandonedAfterMs } from "./abandoned-owners";
import { Sweep } from "./sweep";
import { sweepRecords } from "./sweep-records";
import { sweepSessions } from "./sweep-sessions";

const HELP = `Removes unneeded files: old versions, expired sessions, compacted entries, conversations
that were deleted long ago (DELETED_CONVERSATION_SECONDS), data of anonymous visitors whose
sessions have expired, and leftovers of crashes.
May run beside other processes and other sweeps.

  sweep sessions    sweeps SESSION_DIRECTORY
  sweep records     sweeps DATA_DIRECTORY
`;

const defaults = {
  sessions: ["SESSION_DIRECTORY", "./data/sessions"],
  records: ["DATA_DIRECTORY", "./data/records"],
} as const;

type Role = keyof typeof defaults;

/** @returns The exit status: 1 if something could not be swept. */
async function main(args: string[]): Promise<number> {
  const [role] = args;
  if (args.length !== 1 || (role !== "sessions" && role !== "records")) {
    process.stderr.write(HELP);
    return role === "--help" ? 0 : 2;
  }
  const config = readSweepConfig(environment());
  const log = logFor(role, config);
  const directory = directoryOf(role, config);
  const startedAt = performance.now();
  const sweep = await begin(directory, config, log);
  const idleMs = config.SESSION_IDLE_SECONDS * 1000;
  const deletedMs = config.DELETED_CONVERSATION_SECONDS * 1000;
  const abandonedMs = abandonedAfterMs(config);
  const terms = { deletedMs, abandonedMs };
  if (role === "records") await sweepRecords(sweep, directory, terms);
  else await sweepSessions(sweep, directory, idleMs);
  const seconds = Math.round(performance.now() - startedAt) / 1000;
  const mostMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const message = sweep.isInterrupted ? "swept partially" : "swept";
  log.info({ ...sweep.tally, seconds, mostMiB, directory }, message);
  return sweep.tally.failed > 0 ? 1 : 0;
}

/** A session's folder is named by an unsalted hash, which must not appear in logs. */
const withoutHashes = {
  error: (error: unknown) => errorLine(redactHashesIn(error)),
  file: redactHashes,
};

function logFor(role: Role, config: SweepConfig): Logger {
  const log = createLog(config.LOG_LEVEL, { role: "sweep", of: role });
  if (role !== "sessions") return log;
  return log.child({}, { serializers: withoutHashes });
}

function directoryOf(role: Role, config: SweepConfig): string {
  const [setting, fallback] = defaults[role];
  return path.resolve(config[setting] ?? fallback);
}

async function begin(
  directory: string,
  config: SweepConfig,
  log: Logger,
): Promise<Sweep> {
  const fileSystem = boundFileSystem(nodeFileSystem, {
    // Patient: no visitor waits for a sweep.
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
      `${JSON.stringify(directory)} can't be swept (${code}). Mount its volume there, or set another directory.`,
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
