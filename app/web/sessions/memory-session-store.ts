import type { JsonObject } from "../../core/storage/json";
import { mergeChanges } from "./merge-changes";
import {
  isExpired,
  type SessionLifetime,
  type SessionStore,
  type StoredSession,
} from "./session-store";

/** Sessions of one process, gone when it ends: for tests. */
export function createMemorySessionStore({
  now,
  ...lifetime
}: SessionLifetime & {
  /** Milliseconds since 1970. */
  now: () => number;
}): SessionStore {
  const sessions = new Map<string, StoredSession>();
  const owned = new Map<string, Set<string>>();
  const ended = new Set<string>();

  const read = (id: string) => {
    const session = sessions.get(id);
    if (!session || isExpired(session, lifetime, now())) return undefined;
    return structuredClone(session);
  };

  const keep = (id: string, session: StoredSession) => {
    sessions.set(id, structuredClone(session));
    return session;
  };

  const create = (id: string, values: JsonObject, owner?: string) => {
    if (owner !== undefined) {
      owned.set(owner, (owned.get(owner) ?? new Set()).add(id));
    }
    return keep(id, { values, createdAt: now(), savedAt: now() });
  };

  const isTaken = (id: string) => sessions.has(id) || ended.has(id);

  const end = (id: string) => {
    if (sessions.has(id)) ended.add(id);
    return sessions.delete(id);
  };

  return {
    read: async (id) => read(id),

    create: async (id, values, owner) => create(id, values, owner),

    createOnce: async (id, values, owner) =>
      isTaken(id) ? read(id) : create(id, values, owner),

    isTaken: async (id) => isTaken(id),

    save: async (id, base: JsonObject, values: JsonObject) => {
      const theirs = read(id);
      if (!theirs) return undefined;
      const merged = mergeChanges(base, values, theirs.values);
      return keep(id, { ...theirs, values: merged, savedAt: now() });
    },

    end: async (id) => {
      end(id);
    },

    endAllOf: async (owner) => {
      const ids = [...(owned.get(owner) ?? [])];
      owned.delete(owner);
      return ids.filter(end).length;
    },
  };
}
