import path from "node:path";
import { errorCode } from "../runtime/errors";
import {
  type DocumentVersion,
  type Found,
  CachedVersion,
  parseVersion,
  toFound,
  token,
} from "./document-versions";
import { listFresh, createExclusively } from "./exclusive-file";
import { isUnreadable } from "./file-system";
import { listRare } from "./rare-folder";
import type { StorageContext, Instant } from "./storage-context";

/**
 * Finds the newest readable version of a document, in the folder or in the cache. Unreadable
 * versions are reported, marked and skipped.
 */
export class DocumentReader {
  constructor(
    private readonly storage: StorageContext,
    private readonly folder: string,
  ) {}

  /**
   * Lists the folder and reads the newest version; `undefined` if there is no document.
   *
   * @throws The file system's error.
   */
  async findNewest(list = this.listFresh): Promise<Found | undefined> {
    for (let attempt = 1; ; attempt++) {
      const listedAt = this.storage.now();
      const names = await this.listNames(list);
      if (!names) return undefined;
      const found = toFound(names, listedAt);
      const newest = await this.loadNewest(found);
      if (newest !== "missing") return { ...found, newest };
      // It was removed after the listing, so there is a newer version.
      if (attempt === 10) {
        throw new Error(`${this.folder} lists a version that does not exist`);
      }
    }
  }

  /** Like {@link findNewest}, for a document that few of its siblings have: see {@link listRare}. */
  findRare(): Promise<Found | undefined> {
    return this.findNewest(() => listRare(this.storage, this.folder));
  }

  async listNames(list = this.listFresh): Promise<string[] | undefined> {
    try {
      return await list();
    } catch (error) {
      if (errorCode(error) !== "ENOTDIR") throw error;
      this.report(this.folder, "is not a folder", "Remove it.");
      return undefined;
    }
  }

  private readonly listFresh = () =>
    listFresh(this.storage.fileSystem, this.folder);

  private async loadNewest(
    found: Found,
  ): Promise<DocumentVersion | undefined | "missing"> {
    const { isDeleting: isEnding, numbers, next, listedAt } = found;
    for (const number of numbers) {
      if (isEnding && number !== next - 1) break;
      const loaded = await this.load(number);
      if (loaded === "missing") return "missing";
      if (loaded) {
        return this.remember(loaded, found).toVersion(listedAt);
      }
      await this.markDamaged(number, found);
    }
    if (!isEnding || next === 1) return undefined;
    const tombstone = { savedAt: 0, ended: true };
    return new CachedVersion(next - 1, tombstone, 0).toVersion(listedAt);
  }

  private async load(
    number: number,
  ): Promise<CachedVersion | undefined | "missing"> {
    const cached = this.known();
    if (cached?.number === number) return cached;
    try {
      const file = path.join(this.folder, `v${number}`);
      const bytes = await this.storage.fileSystem.readFile(file);
      return parseVersion(number, bytes.toString());
    } catch (error) {
      if (errorCode(error) === "ENOENT") return "missing";
      if (isUnreadable(error)) return undefined;
      throw error;
    }
  }

  known(): CachedVersion | undefined {
    const cached = this.storage.cache.get(this.folder);
    return cached instanceof CachedVersion ? cached : undefined;
  }

  private remember(version: CachedVersion, { numbers, listedAt }: Found) {
    const known = this.known();
    const superseded = known?.superseded ?? new Map<number, Instant>();
    for (const number of numbers) {
      if (number < version.number && !superseded.has(number)) {
        superseded.set(number, listedAt);
      }
    }
    version.superseded = superseded;
    // A listing that began earlier may end later than the one of a newer version.
    const isNewest = known === undefined || known.number < version.number;
    if (isNewest) this.storage.cache.set(this.folder, version);
    return version;
  }

  /** Creates a mark beside the file. Renaming it would free its number. */
  private async markDamaged(number: number, found: Found): Promise<void> {
    const file = path.join(this.folder, `v${number}`);
    const mark = token();
    const isMarked = await createExclusively(
      this.storage.fileSystem,
      this.folder,
      `v${number}.damaged`,
      Buffer.from(`${mark}\n`),
    ).catch(() => false);
    const advice =
      `${this.replacementFor(number, found)} It was marked by ${file}.damaged; ` +
      "to use it again, restore it from a backup and remove the mark.";
    this.report(file, "can't be read as a version", advice, isMarked && mark);
  }

  private replacementFor(
    number: number,
    { isDeleting: isEnding, numbers }: Found,
  ): string {
    if (isEnding)
      return "It may be the tombstone, so the document stays deleted.";
    const before = numbers.find((other) => other < number);
    return before
      ? `v${before} replaces it, if that is readable.`
      : "No older version can replace it.";
  }

  private report(
    file: string,
    reason: string,
    advice: string,
    mark?: string | false,
  ) {
    const marked = mark ? { mark } : {};
    this.storage.onDamage({ path: file, reason, advice, ...marked });
  }
}
