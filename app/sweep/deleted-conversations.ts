import path from "node:path";
import {
  indexedSettings,
  StoredConversation,
} from "../core/storage/layout/owner-events";
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
import { LEFTOVER_AFTER_MS, type Sweep, throttled } from "./sweep";

type Found = NonNullable<ReturnType<typeof conversationOf>> & {
  /** The folder of its settings. */
  folder: string;
};

/**
 * Removes conversations that were deleted so long ago that they can no longer be restored.
 *
 * First a tombstone ends their settings, right after the version that says "deleted". A restore needs
 * the same number, so exactly one of the two succeeds. At least an hour later, when no process can
 * still be using it, the whole folder is renamed and emptied. Each step is visible on disk, so the
 * next sweep continues an interrupted one.
 */
export class DeletedConversations {
  private readonly storage: StorageContext;
  private readonly folders: RecordFolders;
  private readonly activeReplies: ActiveReplyIndex;
  /** Applies the rate limit to each removed folder. */
  private readonly throttled: FileSystem;

  /** @param deletedMs How long a deleted conversation can be restored. */
  constructor(
    private readonly sweep: Sweep,
    private readonly directory: string,
    private readonly deletedMs: number,
  ) {
    const { fileSystem } = sweep;
    this.folders = recordFoldersIn(directory);
    this.storage = createStorageContext({ fileSystem, cacheBytes: 1 });
    this.activeReplies = new ActiveReplyIndex(
      fileSystem,
      this.folders.activeReplies,
    );
    this.throttled = throttled(sweep);
  }

  /**
   * Ends or removes the conversation of a folder if that is due.
   *
   * @param folder Any folder; only those of a conversation's settings matter.
   * @param newest The name of its newest version.
   * @param age The age of that version, by the file system's clock.
   */
  async sweepFolder(
    folder: string,
    newest: string,
    age: number,
  ): Promise<void> {
    const conversation = conversationOf(this.directory, folder);
    // The first version is never a deleted one, and most conversations have no other.
    if (!conversation || newest === "v1" || age < LEFTOVER_AFTER_MS) return;
    const version = await this.read(folder, newest);
    const found = { ...conversation, folder };
    if (version?.isTombstone) await this.remove(found);
    else if (version && age > this.deletedMs)
      await this.endIfDue(found, version);
  }

  /** Does not mark an unreadable version: the backend reports it when it is read. */
  private async read(
    folder: string,
    name: string,
  ): Promise<DocumentVersion | undefined> {
    try {
      const file = path.join(folder, name);
      const text = (await this.sweep.fileSystem.readFile(file)).toString();
      const version = parseVersion(Number(name.slice(1)), text);
      return version?.toVersion(this.storage.now());
    } catch (error) {
      if (isUnreadable(error)) return undefined;
      throw error;
    }
  }

  private async endIfDue(found: Found, version: DocumentVersion) {
    // The file is old enough by the file system's clock. It must be so by the writer's clock, too.
    if (this.sweep.startedAt - version.savedAt <= this.deletedMs) return;
    const { success, data } = StoredConversation.safeParse(version.data);
    if (!success || data.deletedAt === null) return;
    // The deleting process may have died before it appended the event, so lists may still show it.
    const events = this.folders.ownerEvents(found.ownerHash);
    await new OwnerEventLog(this.storage, events).append({
      kind: "conversation",
      version: version.number,
      conversation: indexedSettings(data),
    });
    const settings = new VersionedDocument(this.storage, found.folder);
    if (!(await settings.deleteAfter(version.number))) return;
    this.sweep.tally.ended++;
  }

  private async remove(found: Found): Promise<void> {
    await this.removeFromIndex(found);
    const { fileSystem, tally } = this.sweep;
    const conversation = path.dirname(found.folder);
    const all = path.dirname(conversation);
    const removed = path.join(all, temporaryName());
    await fileSystem.rename(conversation, removed);
    tally.conversations++;
    // The new name must be on disk before any part of the folder is removed.
    await fileSystem.syncDirectory(all);
    await emptyFolder(this.throttled, removed);
  }

  /** A reply that is still listed would be started again, in a new folder. */
  private async removeFromIndex({
    ownerHash,
    conversation,
  }: Found): Promise<void> {
    await this.activeReplies.removeAll(
      (ref) => ref.ownerHash === ownerHash && ref.conversation === conversation,
    );
  }
}
