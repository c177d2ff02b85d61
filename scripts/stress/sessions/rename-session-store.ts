import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "../../../app/core/runtime/errors";
import type { JsonObject } from "../../../app/core/storage/json";
import { mergeChanges } from "../../../app/web/sessions/merge-changes";
import { hashOf } from "../../../app/core/storage/layout/hashes";
import type {
  SessionStore,
  StoredSession,
} from "../../../app/web/sessions/session-store";

/** The common way to store sessions: a file each, replaced by renaming. The harness must find its faults. */
export function createRenameSessionStore(directory: string): SessionStore {
  const fileOf = (id: string) => path.join(directory, `${hashOf(id)}.json`);

  const read = async (id: string): Promise<StoredSession | undefined> => {
    try {
      return JSON.parse(await readFile(fileOf(id), "utf8")) as StoredSession;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  };

  const write = async (id: string, values: JsonObject) => {
    const session = { values, createdAt: 0, savedAt: Date.now() };
    const temporary = `${fileOf(id)}.${randomUUID()}`;
    await writeFile(temporary, JSON.stringify(session), { flush: true });
    await rename(temporary, fileOf(id));
    return session;
  };

  const create = async (id: string, values: JsonObject) => {
    await mkdir(directory, { recursive: true });
    return write(id, values);
  };

  return {
    read,
    create,
    createOnce: async (id, values) => (await read(id)) ?? create(id, values),
    isTaken: async (id) => (await read(id)) !== undefined,
    save: async (id, base, values) => {
      const theirs = await read(id);
      if (!theirs) return undefined;
      return write(id, mergeChanges(base, values, theirs.values));
    },
    end: (id) => rm(fileOf(id), { force: true }),
    endAllOf: () => Promise.resolve(0),
  };
}
