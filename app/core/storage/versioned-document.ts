import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "../runtime/errors";
import { DocumentReader } from "./document-reader";
import {
  foundFrom,
  type DocumentVersion,
  DELETING,
  type Found,
  CachedVersion,
  toFound,
  VERSION,
  versionText,
} from "./document-versions";
import { listFresh, createExclusively, createFolder } from "./exclusive-file";
import {
  elapsedMs,
  type StorageContext,
  type Instant,
  REMOVABLE_AFTER_MS,
  LISTING_TRUSTED_MS,
} from "./storage-context";
import type { JsonObject } from "./json";

export class DocumentExistsError extends Error {
  override readonly name = "DocumentExistsError";
}

/**
 * A JSON object in a folder of immutable versions `v1`, `v2`, …, of which the newest counts. Safe for
 * many processes on a network file system, without a lock:
 *
 * - a read lists the folder, and reads the newest file unless it is cached;
 * - a write creates the next version; exactly one writer succeeds, the others read it and retry;
 * - a {@link delete}d document stays deleted: no write creates the folder, or a version after the
 *   tombstone;
 * - an acknowledged write is on disk, and a crash leaves either the old version or the new one;
 * - an unreadable version is reported and skipped: the one before it replaces it.
 *
 * A file contains `{"format":1,"token":…,"savedAt":…,"data":{…}}`, a tombstone `"ended":true` instead
 * of data. A program should keep fields of the data that it does not know.
 *
 * All methods throw the file system's error. After a failed write, the document is in its old state
 * or in the new one.
 */
export class VersionedDocument {
  private readonly reader: DocumentReader;

  /** @param folder Its own folder, which {@link create} creates. */
  constructor(
    private readonly storage: StorageContext,
    readonly folder: string,
  ) {
    this.reader = new DocumentReader(storage, folder);
  }

  /** The newest readable version, which may be the tombstone. */
  async read(): Promise<DocumentVersion | undefined> {
    return (await this.reader.findNewest())?.newest;
  }

  /** Like {@link read}, for a document that few of its siblings have: see `listRare`. */
  async readRare(): Promise<DocumentVersion | undefined> {
    return (await this.reader.findRare())?.newest;
  }

  /** The version that this process read or wrote last, however old, if it is still in memory. */
  recall(): DocumentVersion | undefined {
    return this.reader.known()?.toVersion({ monotonic: 0, wall: 0 });
  }

  /**
   * Creates the document and the missing folders above it.
   *
   * @throws DocumentExistsError if it exists or was deleted; its newest version is on disk then.
   */
  async create(data: JsonObject): Promise<DocumentVersion> {
    const isNew = await createFolder(this.storage.fileSystem, this.folder);
    const listedAt = this.storage.now();
    const found = isNew ? undefined : await this.reader.findNewest();
    const created =
      !found?.newest &&
      (await this.write(found?.next ?? 1, found?.listedAt ?? listedAt, data));
    if (created) return created;
    // Its writer may have died after the link.
    await this.storage.fileSystem.syncDirectory(this.folder);
    throw new DocumentExistsError(`${this.folder} already exists`);
  }

  /**
   * Replaces the newest version by the result of `change`. Calls it again with the new data when
   * another writer was first.
   *
   * @param change Returns the next data, or `undefined` for no change; must not modify its argument.
   * @param from A version that was just read, to save a listing.
   * @returns The newest version; `undefined` if the document does not exist or was deleted.
   */
  async update(
    change: (
      data: JsonObject,
      version: DocumentVersion,
    ) => JsonObject | undefined,
    from?: DocumentVersion,
  ): Promise<DocumentVersion | undefined> {
    using _ = await this.storage.mutex.lock(this.folder);
    let found =
      from && this.isFresh(from)
        ? foundFrom(from)
        : await this.reader.findNewest();
    for (let attempt = 1; ; attempt++) {
      if (!found?.newest || found.newest.isTombstone) return undefined;
      const data = change(found.newest.data, found.newest);
      if (!data) return found.newest;
      const created = await this.write(found.next, found.listedAt, data);
      if (created) return created;
      found = await this.retryLater(attempt);
    }
  }

  /**
   * Deletes the document permanently, also beside concurrent writers.
   *
   * @returns True if this call deleted it; false if it did not exist or was deleted before.
   */
  async delete(): Promise<boolean> {
    using _ = await this.storage.mutex.lock(this.folder);
    let found = await this.reader.findNewest();
    for (let attempt = 1; ; attempt++) {
      if (!found || found.next === 1) return false;
      if (found.newest?.isTombstone) {
        await this.flushTombstone();
        return false;
      }
      if (!found.isDeleting) await this.markDeleting();
      const created = await this.write(found.next, found.listedAt, undefined);
      if (created) {
        void this.remove(found.names.filter((name) => VERSION.test(name)));
        return true;
      }
      found = await this.retryLater(attempt);
    }
  }

  /**
   * Deletes the document permanently if this is still its newest version. A concurrent write that
   * creates the next version first keeps the document.
   *
   * @returns True if this call deleted it.
   */
  async deleteAfter(number: number): Promise<boolean> {
    using _ = await this.storage.mutex.lock(this.folder);
    const listedAt = this.storage.now();
    const { numbers, next } = toFound(
      (await this.reader.listNames()) ?? [],
      listedAt,
    );
    // A version that replaces a damaged one may say the opposite.
    if (numbers[0] !== number || next !== number + 1) return false;
    return (await this.write(next, listedAt, undefined)) !== undefined;
  }

  /** The process that wrote the tombstone may have died before it flushed the folder. */
  private async flushTombstone(): Promise<void> {
    try {
      await this.storage.fileSystem.syncDirectory(this.folder);
    } catch (error) {
      // A sweep removed the folder meanwhile.
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }

  /**
   * Creates the marker by which an unreadable newest version counts as a tombstone, so that no older
   * version replaces it. Flushing the tombstone flushes the marker too.
   */
  private async markDeleting(): Promise<void> {
    const { fileSystem } = this.storage;
    try {
      const file = path.join(this.folder, DELETING);
      await (await fileSystem.open(file, "wx")).close();
    } catch (error) {
      // Another process was first, or the folder was removed.
      if (!["EEXIST", "ENOENT"].includes(errorCode(error) ?? "")) throw error;
    }
  }

  private async retryLater(attempt: number): Promise<Found | undefined> {
    this.storage.onConflict();
    // Balances the wait against failed attempts where many processes write to one document.
    const waitMs = Math.random() * Math.min(2 ** attempt, 64);
    await sleep(waitMs);
    return this.reader.findNewest();
  }

  /** True if it was read recently and this process knows no newer version. */
  private isFresh({ number, listedAt }: DocumentVersion): boolean {
    const newest = this.reader.known()?.number ?? number;
    const ageMs = elapsedMs(listedAt, this.storage.now());
    return newest === number && ageMs < LISTING_TRUSTED_MS / 2;
  }

  /** @returns `undefined` if another writer created that version first. */
  private async write(
    number: number,
    listedAt: Instant,
    data: JsonObject | undefined,
  ): Promise<DocumentVersion | undefined> {
    const savedAt = this.storage.now().wall;
    const text = data && JSON.stringify(data);
    const bytes = Buffer.from(versionText(savedAt, text));
    const created = await this.createFile(number, bytes, listedAt);
    if (!created) return undefined;
    const saved = { savedAt, ended: !data, data: text };
    const version = new CachedVersion(number, saved, text?.length ?? 0);
    this.supersede(version);
    return version.toVersion(listedAt);
  }

  private async createFile(
    number: number,
    bytes: Buffer,
    listedAt: Instant,
  ): Promise<boolean> {
    const name = `v${number}`;
    const { fileSystem, now } = this.storage;
    try {
      if (!(await createExclusively(fileSystem, this.folder, name, bytes))) {
        return false;
      }
    } catch (error) {
      if (errorCode(error) === "ENOENT") return false;
      throw error;
    }
    if (elapsedMs(listedAt, now()) < LISTING_TRUSTED_MS) return true;
    return this.isNewest(number);
  }

  /** After a long pause, another writer's version of that number may have been removed already. */
  private async isNewest(number: number): Promise<boolean> {
    const names = (await listFresh(this.storage.fileSystem, this.folder)) ?? [];
    const newest = toFound(names, this.storage.now()).numbers[0];
    if (newest === number) return true;
    if (newest === undefined) return false;
    throw new Error(
      `${this.folder}: v${number} took too long to write, and v${newest} may not contain it`,
    );
  }

  /** Removes versions superseded long ago, except for the one before this. */
  private supersede(version: CachedVersion): void {
    const now = this.storage.now();
    const superseded =
      this.reader.known()?.superseded ?? new Map<number, Instant>();
    superseded.set(version.number - 1, now);
    version.superseded = superseded;
    this.storage.cache.set(this.folder, version);
    const removable = [...superseded].filter(
      ([number, since]) =>
        number < version.number - 1 &&
        elapsedMs(since, now) > REMOVABLE_AFTER_MS,
    );
    for (const [number] of removable) superseded.delete(number);
    void this.remove(removable.map(([number]) => `v${number}`));
  }

  private async remove(names: string[]): Promise<void> {
    for (const name of names) {
      const file = path.join(this.folder, name);
      // The sweep removes leftovers.
      await this.storage.fileSystem.unlink(file).catch(() => undefined);
    }
  }
}
