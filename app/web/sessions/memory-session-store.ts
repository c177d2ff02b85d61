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

  const read = (id: string) => {
    const session = sessions.get(id);
    if (!session || isExpired(session, lifetime, now())) return undefined;
    return structuredClone(session);
  };

  const keep = (id: string, session: StoredSession) => {
    sessions.set(id, structuredClone(session));
    return session;
  };

  return {
    read: async (id) => read(id),

    create: async (id, values, owner) => {
      if (owner !== undefined) {
        owned.set(owner, (owned.get(owner) ?? new Set()).add(id));
      }
      return keep(id, { values, createdAt: now(), savedAt: now() });
    },

    save: async (id, base: JsonObject, values: JsonObject) => {
      const theirs = read(id);
      if (!theirs) return undefined;
      const merged = mergeChanges(base, values, theirs.values);
      return keep(id, { ...theirs, values: merged, savedAt: now() });
    },

    end: async (id) => {
      sessions.delete(id);
    },

    endAllOf: async (owner) => {
      const ids = [...(owned.get(owner) ?? [])];
      owned.delete(owner);
      return ids.filter((id) => sessions.delete(id)).length;
    },
  };
}
