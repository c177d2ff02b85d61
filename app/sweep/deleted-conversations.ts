import path from "node:path";
import { StoredConversation } from "../core/storage/layout/owner-events";
import { OwnerEventLog } from "../core/storage/layout/owner-event-log";
import { ActiveReplyIndex } from "../core/storage/layout/active-reply-index";
import {
  conversationOf,
  type RecordFolders,
  recordFoldersIn,
} from "../core/storage/layout/record-folders";
import {
  type DocumentVersion,
  parseVersion,
} from "../core/storage/document-versions";
import { emptyFolder, temporaryName } from "../core/storage/exclusive-file";
import {
  createStorageContext,
  type StorageContext,
} from "../core/storage/storage-context";
import { isUnreadable } from "../core/storage/file-system";
import type { FileSystem } from "../core/storage/file-system";
import { VersionedDocument } from "../core/storage/versioned-document";
import { LEFTOVER_AFTER_MS, type Sweep } from "./sweep";

type Place = NonNullable<ReturnType<typeof conversationOf>> & {
  /** Of its settings. */
  folder: string;
};

/**
 * Removes conversations that were deleted so long ago that this can't be undone any more.
 *
 * First their settings are ended, by the version after the one that says "deleted". A restore wants
 * the same number: whichever is first counts, and the other finds it so. Then, no sooner than an
 * hour later, when nobody can be at work on it any more, the whole folder is renamed and emptied.
 * Each step is seen on disk, so the next sweep goes on from wherever this one was cut.
 */
export class DeletedConversations {
  private readonly files: StorageContext;
  private readonly folders: RecordFolders;
  private readonly inProgress: ActiveReplyIndex;
  /** Of a conversation each folder takes a turn, as those that are only looked into do. */
  private readonly paced: FileSystem;

  /** @param deletedMs How long a conversation that was deleted can be restored. */
  constructor(
    private readonly sweep: Sweep,
    private readonly directory: string,
    private readonly deletedMs: number,
  ) {
    const { fileSystem } = sweep;
    this.folders = recordFoldersIn(directory);
    this.files = createStorageContext({ fileSystem, cacheBytes: 1 });
    this.inProgress = new ActiveReplyIndex(
      fileSystem,
      this.folders.activeReplies,
    );
    this.paced = {
      ...fileSystem,
      rmdir: async (folder) => {
        await sweep.turn();
        await fileSystem.rmdir(folder);
      },
    };
  }

  /**
   * Does what is due to a conversation.
   *
   * @param folder Any; those that hold no conversation's settings are left alone.
   * @param newest The name of the newest version in it.
   * @param age That version's, in milliseconds, by the file system's own clock.
   */
  async lookAt(folder: string, newest: string, age: number): Promise<void> {
    const found = conversationOf(this.directory, folder);
    // Most have one version alone, and no conversation is made as a deleted one.
    if (!found || newest === "v1" || age < LEFTOVER_AFTER_MS) return;
    const version = await this.read(folder, newest);
    const place = { ...found, folder };
    if (version?.isTombstone) await this.remove(place);
    else if (version && age > this.deletedMs)
      await this.endIfDue(place, version);
  }

  /** One that can't be read is not marked here: whoever serves it reports it. */
  private async read(
    folder: string,
    name: string,
  ): Promise<DocumentVersion | undefined> {
    try {
      const file = path.join(folder, name);
      const text = (await this.sweep.fileSystem.readFile(file)).toString();
      const version = parseVersion(Number(name.slice(1)), text);
      return version?.toVersion(this.files.now());
    } catch (error) {
      if (isUnreadable(error)) return undefined;
      throw error;
    }
  }

  private async endIfDue(place: Place, version: DocumentVersion) {
    // Its file is old enough by one clock. By that of whoever saved it, it must be too.
    if (this.sweep.begun - version.savedAt <= this.deletedMs) return;
    const { success, data } = StoredConversation.safeParse(version.data);
    if (!success || data.deletedAt === null) return;
    // Who deleted it may have died before it was noted, and then no list may ever be put right.
    const activity = this.folders.ownerEvents(place.ownerHash);
    await new OwnerEventLog(this.files, activity).append({
      kind: "conversation",
      version: version.number,
      conversation: data,
    });
    const settings = new VersionedDocument(this.files, place.folder);
    if (!(await settings.deleteAfter(version.number))) return;
    this.sweep.tally.ended++;
  }

  private async remove(place: Place): Promise<void> {
    await this.strikeOff(place);
    const { fileSystem, tally } = this.sweep;
    const conversation = path.dirname(place.folder);
    const all = path.dirname(conversation);
    const removed = path.join(all, temporaryName());
    await fileSystem.rename(conversation, removed);
    tally.conversations++;
    // Nothing of it may be gone from the disk while the rest still has its name.
    await fileSystem.syncDirectory(all);
    await emptyFolder(this.paced, removed);
  }

  /** A reply that is still listed would be begun again, in a folder of its own. */
  private async strikeOff({ ownerHash, conversation }: Place): Promise<void> {
    for (const ref of await this.inProgress.list()) {
      if (ref.ownerHash === ownerHash && ref.conversation === conversation) {
        await this.inProgress.remove(ref);
      }
    }
  }
}
