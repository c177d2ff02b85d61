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
import { isUnreadable } from "./file-errors";
import type { StorageContext, Instant } from "./storage-context";

/**
 * Finds the newest version of a document that can be read, in the folder or in memory. What can't be
 * read is reported, marked, and passed over.
 */
export class DocumentReader {
  constructor(
    private readonly storage: StorageContext,
    private readonly folder: string,
  ) {}

  /**
   * What there is, with the newest version that can be read; `undefined` if there is no document.
   *
   * @throws The file system's error if it can't be read.
   */
  async findNewest(): Promise<Found | undefined> {
    for (let attempt = 1; ; attempt++) {
      const listedAt = this.storage.now();
      const names = await this.listNames();
      if (!names) return undefined;
      const found = toFound(names, listedAt);
      const newest = await this.loadNewest(found);
      if (newest !== "missing") return { ...found, newest };
      // Removed since it was listed: then there is a newer one.
      if (attempt === 10) {
        throw new Error(`${this.folder} lists a version that isn't there`);
      }
    }
  }

  /** The names in the folder, just listed. */
  async listNames(): Promise<string[] | undefined> {
    try {
      return await listFresh(this.storage.fileSystem, this.folder);
    } catch (error) {
      if (errorCode(error) !== "ENOTDIR") throw error;
      this.report(this.folder, "is no folder", "Remove it.");
      return undefined;
    }
  }

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
      await this.setAside(number, found);
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

  /** The newest version that this process knows of. */
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
    if (known !== version) this.storage.cache.set(this.folder, version);
    return version;
  }

  /** A mark, and not another name: the number must stay taken. */
  private async setAside(number: number, found: Found): Promise<void> {
    const file = path.join(this.folder, `v${number}`);
    const mark = token();
    const isMarked = await createExclusively(
      this.storage.fileSystem,
      this.folder,
      `v${number}.damaged`,
      Buffer.from(`${mark}\n`),
    ).catch(() => false);
    const advice =
      `${this.insteadOf(number, found)} It was marked by ${file}.damaged; ` +
      "to use it after all, restore it from a backup and remove the mark.";
    this.report(file, "can't be read as a version", advice, isMarked && mark);
  }

  private insteadOf(
    number: number,
    { isDeleting: isEnding, numbers }: Found,
  ): string {
    if (isEnding)
      return "It may be what ended the document, so that stays ended.";
    const before = numbers.find((other) => other < number);
    return before
      ? `v${before} serves instead, if it can be read.`
      : "Nothing is left to serve instead.";
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
