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
  TRUSTED_MS,
} from "./storage-context";
import type { JsonObject } from "./json";

export class DocumentExistsError extends Error {
  override readonly name = "DocumentExistsError";
}

/**
 * A JSON object in a folder of immutable versions `v1`, `v2`, …, of which the newest counts. It is
 * safe to use from many processes on a network file system, without a lock:
 *
 * - a read is one listing of the folder, and a read of the file if it isn't in memory;
 * - a write makes the next version, which exactly one writer can; the others read it and try again;
 * - once {@link delete}d it stays so: no write makes the folder, or a version after the tombstone;
 * - what is acknowledged is on disk, and a crash at any instant leaves the old version or the new;
 * - a version that can't be read is reported and passed over: the one before it serves.
 *
 * A file holds `{"format":1,"token":…,"savedAt":…,"data":{…}}`, a tombstone `"ended":true` instead
 * of data. Fields of the data that a program doesn't know it should keep.
 *
 * All methods throw the file system's error if it can't be read or written. After a failed write
 * the document is as it was, or as it was to become.
 */
export class VersionedDocument {
  private readonly reader: DocumentReader;

  /** @param folder Its own folder, which {@link create} makes. */
  constructor(
    private readonly storage: StorageContext,
    readonly folder: string,
  ) {
    this.reader = new DocumentReader(storage, folder);
  }

  /** The newest version, maybe the tombstone; `undefined` if there is none that can be read. */
  async read(): Promise<DocumentVersion | undefined> {
    return (await this.reader.findNewest())?.newest;
  }

  /**
   * Makes the document, and the folders above it that are missing.
   *
   * @throws DocumentExistsError if it is there already, or was ended.
   */
  async create(data: JsonObject): Promise<DocumentVersion> {
    const isNew = await createFolder(this.storage.fileSystem, this.folder);
    const listedAt = this.storage.now();
    const found = isNew ? undefined : await this.reader.findNewest();
    const made =
      !found?.newest &&
      (await this.write(found?.next ?? 1, found?.listedAt ?? listedAt, data));
    if (made) return made;
    throw new DocumentExistsError(`${this.folder} exists already`);
  }

  /**
   * Replaces the newest version by what `change` makes of it. It is asked again, with what another
   * wrote, whenever another was first.
   *
   * @param change Given the newest data, which it must not change; returns the next, or `undefined`
   *   to leave it as it is.
   * @param from A version that was just read, to save a look at the folder.
   * @returns The newest version; `undefined` if the document isn't there or was ended.
   */
  update(
    change: (
      data: JsonObject,
      version: DocumentVersion,
    ) => JsonObject | undefined,
    from?: DocumentVersion,
  ): Promise<DocumentVersion | undefined> {
    return this.storage.mutex.run(this.folder, async () => {
      let found =
        from && this.isFresh(from)
          ? foundFrom(from)
          : await this.reader.findNewest();
      for (let attempt = 1; ; attempt++) {
        if (!found?.newest || found.newest.isTombstone) return undefined;
        const data = change(found.newest.data, found.newest);
        if (!data) return found.newest;
        const made = await this.write(found.next, found.listedAt, data);
        if (made) return made;
        found = await this.lookAgain(attempt);
      }
    });
  }

  /**
   * Ends the document for ever, whoever is writing to it meanwhile.
   *
   * @returns Whether this call ended it; `false` if it wasn't there or had ended.
   */
  delete(): Promise<boolean> {
    return this.storage.mutex.run(this.folder, async () => {
      let found = await this.reader.findNewest();
      for (let attempt = 1; ; attempt++) {
        if (!found || found.next === 1 || found.newest?.isTombstone)
          return false;
        if (!found.isDeleting) await this.markDeleting();
        const made = await this.write(found.next, found.listedAt, undefined);
        if (made) {
          void this.remove(found.names.filter((name) => VERSION.test(name)));
          return true;
        }
        found = await this.lookAgain(attempt);
      }
    });
  }

  /**
   * Ends the document for ever if nothing has come after this version: a write that makes the next
   * one first goes before, and the document lives on.
   *
   * @returns Whether this call ended it.
   */
  deleteAfter(number: number): Promise<boolean> {
    return this.storage.mutex.run(this.folder, async () => {
      const listedAt = this.storage.now();
      const { numbers, next } = toFound(
        (await this.reader.listNames()) ?? [],
        listedAt,
      );
      // What serves instead of a damaged one may say the opposite of it.
      if (numbers[0] !== number || next !== number + 1) return false;
      return (await this.write(next, listedAt, undefined)) !== undefined;
    });
  }

  /**
   * From here on a version that can't be read may be a tombstone, and nothing older serves in its
   * place. It is on disk when the tombstone is.
   */
  private async markDeleting(): Promise<void> {
    const { fileSystem } = this.storage;
    try {
      const file = path.join(this.folder, DELETING);
      await (await fileSystem.open(file, "wx")).close();
    } catch (error) {
      // Another was first, or the folder has gone.
      if (!["EEXIST", "ENOENT"].includes(errorCode(error) ?? "")) throw error;
    }
  }

  private async lookAgain(attempt: number): Promise<Found | undefined> {
    this.storage.onConflict();
    // Balances the wait against writes for nothing, where many write to one document.
    const waitMs = Math.random() * Math.min(2 ** attempt, 64);
    await sleep(waitMs);
    return this.reader.findNewest();
  }

  /** Whether it was the newest a moment ago, as far as this process knows. */
  private isFresh({ number, listedAt }: DocumentVersion): boolean {
    const newest = this.reader.known()?.number ?? number;
    const ageMs = elapsedMs(listedAt, this.storage.now());
    return newest === number && ageMs < TRUSTED_MS / 2;
  }

  /** @returns `undefined` if another made that version first. */
  private async write(
    number: number,
    listedAt: Instant,
    data: JsonObject | undefined,
  ): Promise<DocumentVersion | undefined> {
    const savedAt = this.storage.now().wall;
    const text = data && JSON.stringify(data);
    const bytes = Buffer.from(versionText(savedAt, text));
    const made = await this.make(number, bytes, listedAt);
    if (!made) return undefined;
    const saved = { savedAt, ended: !data, data: text };
    const version = new CachedVersion(number, saved, text?.length ?? 0);
    this.supersede(version);
    return version.toVersion(listedAt);
  }

  private async make(
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
    if (elapsedMs(listedAt, now()) < TRUSTED_MS) return true;
    return this.isNewest(number);
  }

  /** After a long pause: the number may have been another's, and removed since. */
  private async isNewest(number: number): Promise<boolean> {
    const names = (await listFresh(this.storage.fileSystem, this.folder)) ?? [];
    const newest = toFound(names, this.storage.now()).numbers[0];
    if (newest === number) return true;
    if (newest === undefined) return false;
    throw new Error(
      `${this.folder}: v${number} took too long to write, and v${newest} may not contain it`,
    );
  }

  /** Removes versions that nobody can need any more, but for the one before this. */
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
      // What stays behind is swept.
      await this.storage.fileSystem.unlink(file).catch(() => undefined);
    }
  }
}
