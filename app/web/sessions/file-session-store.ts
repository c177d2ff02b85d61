import path from "node:path";
import { hashOf, isHash } from "../../core/storage/layout/hashes";
import {
  type SessionFolders,
  sessionFoldersIn,
} from "../../core/storage/layout/session-folders";
import { errorCode } from "../../core/runtime/errors";
import type { DocumentVersion } from "../../core/storage/document-versions";
import { listFresh, createFolder } from "../../core/storage/exclusive-file";
import type { StorageContext } from "../../core/storage/storage-context";
import { isObject, type JsonObject } from "../../core/storage/json";
import {
  DocumentExistsError,
  VersionedDocument,
} from "../../core/storage/versioned-document";
import { mergeChanges } from "./merge-changes";
import {
  isExpired,
  type SessionLifetime,
  type SessionStore,
  type StoredSession,
} from "./session-store";

export interface FileSessionStoreOptions extends SessionLifetime {
  directory: string;
  files: StorageContext;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Called when a save was merged with a concurrent one. */
  onMerge?: () => void;
}

/**
 * Sessions as versioned documents: `ab/<hash>/v3`, where the hash is of the id and `ab` are its
 * first two digits. The data is `{"createdAt":…,"values":{…}}`; what else is there is kept.
 *
 * A session of a known owner is also listed, by an empty file: `owners/cd/<hash of the owner>/<hash>`.
 */
export function createFileSessionStore(
  options: FileSessionStoreOptions,
): SessionStore {
  return new FileSessionStore(options);
}

/** Of calls that meet a sweep. */
const MAX_ATTEMPTS = 5;

class FileSessionStore implements SessionStore {
  /** The version that each session was read from. */
  private readonly versions = new WeakMap<StoredSession, DocumentVersion>();

  private readonly folders: SessionFolders;

  constructor(private readonly options: FileSessionStoreOptions) {
    this.folders = sessionFoldersIn(options.directory);
  }

  async read(id: string): Promise<StoredSession | undefined> {
    return this.toSession(await this.document(hashOf(id)).read());
  }

  async create(
    id: string,
    values: JsonObject,
    owner?: string,
  ): Promise<StoredSession> {
    const hash = hashOf(id);
    // First: a session that is not listed could not be ended everywhere.
    if (owner !== undefined) await this.list(owner, hash);
    const createdAt = this.options.now();
    const made = await this.document(hash).create({ createdAt, values });
    return this.remember({ values, createdAt, savedAt: made.savedAt }, made);
  }

  async createOnce(
    id: string,
    values: JsonObject,
    owner?: string,
  ): Promise<StoredSession | undefined> {
    const hash = hashOf(id);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.create(id, values, owner);
      } catch (error) {
        if (!(error instanceof DocumentExistsError)) throw error;
        const version = await this.document(hash).read();
        // Without a version, a sweep removed the folder before it had one.
        if (!version && attempt < MAX_ATTEMPTS) continue;
        const session = this.toSession(version);
        if (owner !== undefined && session?.values.owner !== owner) {
          await this.unlist(owner, hash);
        }
        return session;
      }
    }
  }

  async isTaken(id: string): Promise<boolean> {
    return (await this.document(hashOf(id)).read()) !== undefined;
  }

  async save(
    id: string,
    base: JsonObject,
    values: JsonObject,
    from?: StoredSession,
  ): Promise<StoredSession | undefined> {
    let asked = 0;
    const saved = await this.document(hashOf(id)).update(
      (data, version) => {
        if (!this.toSession(version)) return undefined;
        const theirs = isObject(data.values) ? data.values : {};
        asked++;
        return { ...data, values: mergeChanges(base, values, theirs) };
      },
      from && this.versions.get(from),
    );
    if (saved && asked > 1) this.options.onMerge?.();
    return this.toSession(saved);
  }

  async end(id: string): Promise<void> {
    await this.document(hashOf(id)).delete();
  }

  async endAllOf(owner: string): Promise<number> {
    const folder = this.folders.owner(hashOf(owner));
    const { fileSystem } = this.options.files;
    let count = 0;
    for (const hash of (await listFresh(fileSystem, folder)) ?? []) {
      if (!isHash(hash)) continue;
      const document = this.document(hash);
      if (await document.delete()) count++;
      // A missing session may be about to be created, and must be found next time.
      else if (!(await document.read())?.isTombstone) continue;
      await this.unlist(owner, hash);
    }
    return count;
  }

  private document(hash: string): VersionedDocument {
    return new VersionedDocument(
      this.options.files,
      this.folders.session(hash),
    );
  }

  private async list(owner: string, hash: string): Promise<void> {
    const { fileSystem } = this.options.files;
    const folder = this.folders.owner(hashOf(owner));
    for (let attempt = 1; ; attempt++) {
      await createFolder(fileSystem, folder);
      try {
        await (await fileSystem.open(path.join(folder, hash), "wx")).close();
        return await fileSystem.syncDirectory(folder);
      } catch (error) {
        const code = errorCode(error);
        // Another request creates the same session.
        if (code === "EEXIST") return await fileSystem.syncDirectory(folder);
        // The sweep may have removed the empty folder.
        if (code !== "ENOENT" || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** A leftover entry is removed by the sweep. */
  private async unlist(owner: string, hash: string): Promise<void> {
    const file = path.join(this.folders.owner(hashOf(owner)), hash);
    await this.options.files.fileSystem.unlink(file).catch(() => undefined);
  }

  private toSession(
    version: DocumentVersion | undefined,
  ): StoredSession | undefined {
    if (!version || version.isTombstone) return undefined;
    const { values, createdAt } = version.data;
    if (!isObject(values) || typeof createdAt !== "number") return undefined;
    const session = { values, createdAt, savedAt: version.savedAt };
    const { options } = this;
    if (isExpired(session, options, options.now())) return undefined;
    return this.remember(session, version);
  }

  private remember(
    session: StoredSession,
    version: DocumentVersion,
  ): StoredSession {
    this.versions.set(session, version);
    return session;
  }
}
