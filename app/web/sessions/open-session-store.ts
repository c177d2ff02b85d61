import path from "node:path";
import { Counter, Histogram, type Registry } from "prom-client";
import { ConfigError, type WebConfig } from "../../core/config/config";
import { errorCode } from "../../core/runtime/errors";
import {
  boundFileSystem,
  boundsFrom,
} from "../../core/storage/bounded-file-system";
import { createFolder, temporaryName } from "../../core/storage/exclusive-file";
import {
  createStorageContext,
  type Damage,
} from "../../core/storage/storage-context";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../core/storage/file-system";
import { requireReadable } from "../../core/storage/require-readable";
import { measureFileSystem } from "../../core/storage/measured-file-system";
import type { Logger } from "../../core/runtime/log";
import { metricDefinitions } from "../../core/runtime/metric-definitions";
import { createFileSessionStore } from "./file-session-store";
import { redactHashes, redactHashesIn } from "../../core/storage/layout/hashes";
import { logIdOfHash } from "./session-id";
import type { SessionLifetime, SessionStore } from "./session-store";

export interface OpenSessionStore {
  store: SessionStore;
  lifetime: SessionLifetime;
  /**
   * Checks, in bounded time, that sessions can be read.
   *
   * @throws Error with the problem and a remedy.
   */
  check(): Promise<void>;
}

type Settings = Pick<
  WebConfig,
  | "SESSION_DIRECTORY"
  | "SESSION_IDLE_SECONDS"
  | "SESSION_ABSOLUTE_SECONDS"
  | "STORAGE_TIMEOUT_SECONDS"
  | "UV_THREADPOOL_SIZE"
>;

/**
 * The file store as web runs it: bounded in time, measured, its damage logged.
 *
 * @throws ConfigError saying what to do, if the directory can't be written to.
 */
export async function openSessionStore({
  config,
  keys,
  log,
  metrics,
  fileSystem = nodeFileSystem,
}: {
  config: Settings;
  /** Salt what logs say of sessions; newest first. */
  keys: () => readonly string[];
  log: Logger;
  metrics: Registry;
  fileSystem?: FileSystem;
}): Promise<OpenSessionStore> {
  const directory = path.resolve(config.SESSION_DIRECTORY);
  const figures = createFigures(metrics);
  const bounded = boundFileSystem(fileSystem, boundsFrom(config));
  await requireWritable(bounded, config.SESSION_DIRECTORY, directory);
  const lifetime = {
    idleMs: config.SESSION_IDLE_SECONDS * 1000,
    absoluteMs: config.SESSION_ABSOLUTE_SECONDS * 1000,
  };
  const files = createStorageContext({
    fileSystem: measureFileSystem(bounded, (operation, seconds) =>
      figures.seconds.observe({ operation }, seconds),
    ),
    onConflict: () => figures.conflicts.inc(),
    onDamage: (damage) => {
      figures.damage.inc();
      log.error(
        describe(damage, directory, keys()[0] ?? ""),
        "damaged session file set aside",
      );
    },
  });
  const store = createFileSessionStore({
    ...lifetime,
    directory,
    files,
    now: Date.now,
    onMerge: () => figures.merges.inc(),
  });
  return {
    store: observe(store, figures.seconds),
    lifetime,
    check: () => requireReadable(bounded, "SESSION_DIRECTORY", directory),
  };
}

function createFigures(registry: Registry) {
  const registers = [registry];
  return {
    seconds: new Histogram({
      ...metricDefinitions.sessionStore,
      // From a local disk's cache to a network file system that fails over.
      buckets: [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 5],
      registers,
    }),
    conflicts: new Counter({
      ...metricDefinitions.sessionConflicts,
      registers,
    }),
    merges: new Counter({
      name: "keepsake_session_merges_total",
      help: "Saves that were merged with what another request saved meanwhile.",
      registers,
    }),
    damage: new Counter({ ...metricDefinitions.sessionDamage, registers }),
  };
}

/** For the log: the session by its salted hash, and a command that finds the file. */
function describe(damage: Damage, directory: string, salt: string): object {
  const { path: file, reason, advice, mark } = damage;
  const inside = path.relative(directory, file);
  const [shard = "", hash = ""] = inside.split(path.sep);
  const find = mark
    ? `grep -rl ${mark} ${path.join(directory, shard)}`
    : `find ${path.join(directory, shard)} -maxdepth 1 ! -type d, or an older line on this session`;
  return {
    session: logIdOfHash(hash, salt),
    damage: {
      path: redactHashes(file),
      reason,
      advice: `${redactHashes(advice)} To find it: ${find}.`,
    },
  };
}

/** Measures writes, and removes session hashes from errors. */
function observe(
  store: SessionStore,
  seconds: Histogram<"operation">,
): SessionStore {
  const measured = <A extends unknown[], T>(
    write: (...args: A) => Promise<T>,
  ) =>
    hiding(async (...args: A): Promise<T> => {
      const end = seconds.startTimer({ operation: "write" });
      try {
        return await write(...args);
      } finally {
        end();
      }
    });
  return {
    read: hiding(store.read.bind(store)),
    create: measured(store.create.bind(store)),
    createOnce: measured(store.createOnce.bind(store)),
    isTaken: hiding(store.isTaken.bind(store)),
    save: measured(store.save.bind(store)),
    end: measured(store.end.bind(store)),
    endAllOf: measured(store.endAllOf.bind(store)),
  };
}

const hiding =
  <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
  async (...args: A): Promise<T> => {
    try {
      return await call(...args);
    } catch (error) {
      throw redactHashesIn(error);
    }
  };

async function requireWritable(
  fileSystem: FileSystem,
  setting: string,
  directory: string,
): Promise<void> {
  try {
    await createFolder(fileSystem, directory);
    const probe = path.join(directory, temporaryName());
    await (await fileSystem.open(probe, "wx")).close();
    await fileSystem.unlink(probe);
  } catch (error) {
    const code = errorCode(error) ?? String(error);
    throw new ConfigError(
      `SESSION_DIRECTORY ${JSON.stringify(setting)} is not writable (${code}). Mount a volume there or set another path.`,
    );
  }
}
