import {
  boundFileSystem,
  boundsFrom,
} from "../../../app/core/storage/bounded-file-system";
import { createStorageContext } from "../../../app/core/storage/storage-context";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../../app/core/storage/file-system";
import type { JsonObject } from "../../../app/core/storage/json";
import { createFileSessionStore } from "../../../app/web/sessions/file-session-store";
import type { StoredSession } from "../../../app/web/sessions/session-store";
import type { Contestant } from "./contestant";

/** Long, so that no slow call fails. */
const TIMEOUT_SECONDS = 600;

/** Sessions on disk may be from an earlier run. */
const NEVER_MS = 1e14;

/** Keepsake's store as web uses it: with bounded I/O, and a set follows a get. */
export function keepsake(
  directory: string,
  { cacheBytes }: { cacheBytes?: number } = {},
): Contestant {
  const calls = new Map<string, number>();
  const count = (name: string) => calls.set(name, (calls.get(name) ?? 0) + 1);
  const bounds = boundsFrom({
    STORAGE_TIMEOUT_SECONDS: TIMEOUT_SECONDS,
    UV_THREADPOOL_SIZE: Number(process.env.UV_THREADPOOL_SIZE ?? 4),
  });
  const fileSystem = boundFileSystem(counting(count), bounds);
  const store = createFileSessionStore({
    directory,
    files: createStorageContext({ fileSystem, cacheBytes }),
    idleMs: NEVER_MS,
    absoluteMs: NEVER_MS,
    now: Date.now,
  });
  const known = new Map<string, StoredSession>();
  return {
    name: cacheBytes === 1 ? "keepsake, not in memory" : "keepsake",
    create: async (id, values) => store.create(id, values as JsonObject),
    get: async (id) => {
      const session = await store.read(id);
      if (!session) throw new Error("a session is missing");
      known.set(id, session);
    },
    set: async (id, values) => {
      const from = known.get(id);
      const saved = await store.save(id, {}, values as JsonObject, from);
      if (!saved) throw new Error("a session is missing");
      known.set(id, saved);
    },
    costs: (operations) => costs(calls, operations),
  };
}

function counting(count: (name: string) => void): FileSystem {
  const counted =
    <A extends unknown[], T>(name: string, call: (...args: A) => Promise<T>) =>
    (...args: A) => {
      count(name);
      return call(...args);
    };
  const { open, ...rest } = nodeFileSystem;
  return {
    ...rest,
    readdir: counted("readdir", rest.readdir),
    readFile: counted("readFile", rest.readFile),
    link: counted("link", rest.link),
    unlink: counted("unlink", rest.unlink),
    mkdir: counted("mkdir", rest.mkdir),
    syncDirectory: counted("fsync folder", rest.syncDirectory),
    open: async (file, flags) => {
      count("open");
      const handle = await open(file, flags);
      return {
        ...handle,
        write: counted("write", handle.write.bind(handle)),
        sync: counted("fsync file", handle.sync.bind(handle)),
        close: counted("close", handle.close.bind(handle)),
      };
    },
  };
}

function costs(calls: Map<string, number>, operations: number): string {
  const each = [...calls].map(
    ([name, number]) => `${name} ${(number / operations).toFixed(2)}`,
  );
  calls.clear();
  return each.join(", ");
}
