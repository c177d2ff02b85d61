import { createStorageContext } from "../../../app/core/storage/storage-context";
import { createFileSessionStore } from "../../../app/web/sessions/file-session-store";
import type { SessionStore } from "../../../app/web/sessions/session-store";
import { createRenameSessionStore } from "./rename-session-store";

/*
 * A worker process of the stress, with a store on one mount. Receives tasks as `{call, name, args}`, and
 * answers with `{call, result}` or `{call, error}`.
 */

const [kind, directory = ""] = process.argv.slice(2);
const store = open();

function open(): SessionStore {
  if (kind === "rename") return createRenameSessionStore(directory);
  return createFileSessionStore({
    directory,
    files: createStorageContext(),
    idleMs: 1e12,
    absoluteMs: 1e12,
    now: Date.now,
  });
}

/** Wrong reads, by kind. */
export interface Faults {
  missing: number;
  stale: number;
  torn: number;
}

let watching: Promise<Faults> | undefined;
let stop = new AbortController();

const tasks = {
  create: async (id: string) => {
    await store.create(id, { token: 0, versions: { count: 0 } });
  },

  /** @returns Acknowledged increments. */
  increment: async (id: string, times: number) => {
    let acknowledged = 0;
    const lanes = Array.from({ length: 4 }, async () => {
      while (times-- > 0) {
        const before = { versions: { count: 0 } };
        const saved = await store.save(id, before, { versions: { count: 1 } });
        if (saved) acknowledged++;
      }
    });
    await Promise.all(lanes);
    return acknowledged;
  },

  write: async (id: string, token: number) => {
    const saved = await store.save(id, { token: -1 }, { token });
    return saved !== undefined;
  },

  /** Reads once; `token` was acknowledged before. */
  read: async (id: string, token: number): Promise<Faults> => {
    const faults = { missing: 0, stale: 0, torn: 0 };
    await readOnce(id, token, faults);
    return faults;
  },

  /** Reads repeatedly until `unwatch`: no value may be missing, torn, or older than the previous one. */
  watch: async (id: string) => {
    stop = new AbortController();
    watching = watch(id, stop.signal);
    return true;
  },

  unwatch: async () => {
    stop.abort();
    return watching;
  },

  /** Saves until the session is deleted or the time is up. @returns Number of saves. */
  saveUntilEnded: async (id: string, ms: number) => {
    const until = Date.now() + ms;
    let saves = 0;
    while (saves < 5 || Date.now() < until) {
      const saved = await store.save(id, { token: -1 }, { token: saves });
      if (!saved) break;
      saves++;
    }
    return saves;
  },

  /** Resolves once other processes are saving. */
  untilSaved: async (id: string) => {
    const token = async () => (await store.read(id))?.values.token;
    while (Number(await token()) < 2) await new Promise(setImmediate);
  },

  end: (id: string) => store.end(id),

  exists: async (id: string) => (await store.read(id)) !== undefined,

  count: async (id: string) => {
    const versions = (await store.read(id))?.values.versions;
    return (versions as { count: number } | undefined)?.count;
  },
};

async function watch(id: string, signal: AbortSignal): Promise<Faults> {
  const faults = { missing: 0, stale: 0, torn: 0 };
  let newest = 0;
  while (!signal.aborted) newest = await readOnce(id, newest, faults);
  return faults;
}

async function readOnce(
  id: string,
  newest: number,
  faults: Faults,
): Promise<number> {
  try {
    const token = (await store.read(id))?.values.token;
    if (token === undefined) faults.missing++;
    else if (Number(token) < newest) faults.stale++;
    return Math.max(newest, Number(token ?? 0));
  } catch {
    faults.torn++;
    return newest;
  }
}

export type Tasks = typeof tasks;

async function answer(message: {
  call: number;
  name: keyof Tasks;
  args: [string, number];
}) {
  const { call, name, args } = message;
  try {
    const task = tasks[name] as (...args: unknown[]) => Promise<unknown>;
    process.send?.({ call, result: await task(...args) });
  } catch (error) {
    process.send?.({ call, error: String(error) });
  }
}

process.on("message", (message: Parameters<typeof answer>[0]) => {
  void answer(message);
});
process.once("disconnect", () => process.exit());
