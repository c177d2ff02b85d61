import path from "node:path";
import {
  linkExclusively,
  listFresh,
  removeFolder,
  temporaryName,
} from "../core/storage/exclusive-file";
import { isHash } from "../core/storage/layout/hashes";
import {
  isShared,
  linkOf,
  type LinkRef,
  type RecordFolders,
  recordFoldersIn,
} from "../core/storage/layout/record-folders";
import { SharedLookups, StoredLink } from "../core/storage/layout/shared-links";
import {
  createStorageContext,
  type StorageContext,
} from "../core/storage/storage-context";
import { VersionedDocument } from "../core/storage/versioned-document";
import { LEFTOVER_AFTER_MS, type Sweep } from "./sweep";

/** No client repeats a request for so long, which would share a revoked link again. */
const REVOKED_MS = 86_400_000;

/**
 * Removes what shared links leave behind: revoked links, links whose conversation was removed, and lookups
 * that lead to no link.
 */
export class UnusedLinks {
  private readonly storage: StorageContext;
  private readonly folders: RecordFolders;
  private readonly lookups: SharedLookups;

  constructor(
    private readonly sweep: Sweep,
    private readonly directory: string,
  ) {
    const { fileSystem } = sweep;
    this.folders = recordFoldersIn(directory);
    this.storage = createStorageContext({ fileSystem, cacheBytes: 1 });
    this.lookups = new SharedLookups(fileSystem, this.folders);
  }

  /**
   * @param folder Any folder; only those of links and of their lookups matter.
   * @param age The age of the newest version, if the folder has one.
   */
  async sweepFolder(
    folder: string,
    names: readonly string[],
    age: number,
  ): Promise<void> {
    const ref = linkOf(this.directory, folder);
    if (ref) await this.sweepLink(folder, ref, age);
    if (!isShared(this.directory, folder)) return;
    for (const name of names.filter(isHash)) {
      await this.sweepLookup(folder, name);
    }
  }

  private async sweepLink(
    folder: string,
    ref: LinkRef,
    age: number,
  ): Promise<void> {
    if (age < LEFTOVER_AFTER_MS) return;
    const document = new VersionedDocument(this.storage, folder);
    const version = await document.read();
    if (version?.isTombstone) {
      if (age > REVOKED_MS) await this.removeLink(folder);
      return;
    }
    const link = StoredLink.safeParse(version?.data).data;
    if (!link) return;
    const { ownerHash } = ref;
    const settings = this.folders.settings(ownerHash, link.conversation);
    if (await listFresh(this.sweep.fileSystem, settings)) return;
    await document.delete();
  }

  private async removeLink(folder: string): Promise<void> {
    await removeFolder(this.sweep.fileSystem, folder);
    this.sweep.tally.links += 1;
  }

  /** A request that completes the link meanwhile creates the lookup again, after the link. */
  private async sweepLookup(folder: string, name: string): Promise<void> {
    const file = path.join(folder, name);
    if ((await this.sweep.age(file)) < LEFTOVER_AFTER_MS) return;
    const ref = await this.lookups.read(name);
    if (!ref || (await this.isThere(ref))) return;
    const { fileSystem } = this.sweep;
    const removed = path.join(folder, temporaryName());
    await fileSystem.rename(file, removed);
    if (await this.isThere(ref)) {
      await linkExclusively(fileSystem, removed, folder, name);
    } else this.sweep.tally.links += 1;
    await fileSystem.unlink(removed);
  }

  private async isThere(ref: LinkRef): Promise<boolean> {
    const folder = this.folders.link(ref);
    const version = await new VersionedDocument(this.storage, folder).read();
    return version !== undefined && !version.isTombstone;
  }
}
