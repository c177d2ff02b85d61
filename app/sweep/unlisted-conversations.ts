import { LRUCache } from "lru-cache";
import { AppendLog } from "../core/storage/append-log";
import { newestVersion } from "../core/storage/document-versions";
import { StoredConversation } from "../core/storage/layout/owner-events";
import {
  conversationIn,
  conversationOf,
  type ConversationRef,
  type RecordFolders,
  recordFoldersIn,
} from "../core/storage/layout/record-folders";
import {
  createStorageContext,
  type StorageContext,
} from "../core/storage/storage-context";
import {
  DocumentExistsError,
  VersionedDocument,
} from "../core/storage/versioned-document";
import type { Sweep } from "./sweep";

const DAY = 86_400_000;

/** No client repeats a request for so long; an import that nothing continued is removed before. */
const UNLISTED_MS = 8 * DAY;

/** Unlisted settings are found by a sweep of the days after. Later ones save the look into the index. */
const RECENT_MS = 15 * DAY;

/** The sweep goes from owner to owner, with several folders at the same time. */
const OWNERS = 16;

/**
 * Ends conversations that a dead process left without settings, or out of the owner index. A request
 * is acknowledged after both are saved. The tombstone lets a later sweep remove the folder, and a
 * late repetition of the request fail.
 */
export class UnlistedConversations {
  private readonly storage: StorageContext;
  private readonly folders: RecordFolders;
  /** The conversations in the owner index of the owners that were read last. */
  private readonly listed = new LRUCache<string, ReadonlySet<string>>({
    max: OWNERS,
  });

  constructor(
    private readonly sweep: Sweep,
    private readonly directory: string,
  ) {
    const { fileSystem } = sweep;
    this.folders = recordFoldersIn(directory);
    this.storage = createStorageContext({ fileSystem, cacheBytes: 1 });
  }

  /**
   * @param folder Any folder; only those of conversations and of their settings matter.
   * @param names The names in it.
   * @param age The age of the newest version, if the folder has one.
   */
  async sweepFolder(
    folder: string,
    names: readonly string[],
    age: number,
  ): Promise<void> {
    const newest = newestVersion([...names]);
    const ofSettings = conversationOf(this.directory, folder);
    if (ofSettings && newest !== undefined) {
      const isRecent = age > UNLISTED_MS && age < RECENT_MS;
      // A change of settings lists the conversation.
      if (newest === "v1" && isRecent) await this.endUnlisted(ofSettings, 1);
      return;
    }
    const whole = conversationIn(this.directory, folder);
    const of = whole && !names.includes("settings") ? whole : ofSettings;
    if (!of || (await this.sweep.age(folder)) <= UNLISTED_MS) return;
    await this.endUnlisted(of, 0);
  }

  /** @param seen The newest version of its settings; 0 if there is none. */
  private async endUnlisted(of: ConversationRef, seen: number): Promise<void> {
    const { ownerHash, conversation } = of;
    if (this.listed.get(ownerHash)?.has(conversation)) return;
    const listed = await this.readListed(ownerHash);
    // An entry that can't be read may list it.
    if (!listed || listed.has(conversation)) return;
    if (await this.end(of, seen)) this.sweep.tally.ended++;
  }

  /** @returns `undefined` if an entry of the owner index can't be read. */
  private async readListed(
    ownerHash: string,
  ): Promise<ReadonlySet<string> | undefined> {
    const events = this.folders.ownerEvents(ownerHash);
    const log = new AppendLog(this.storage, events);
    const listing = await log.listIfExists();
    const numbers = listing?.between(1, listing.last) ?? [];
    const listed = new Set<string>();
    let left = numbers.length;
    for await (const entry of listing ? log.readInTurn(numbers, listing) : []) {
      left -= 1;
      const { data } = StoredConversation.safeParse(entry.conversation);
      if (data) listed.add(data.id);
    }
    if (left > 0) return undefined;
    this.listed.set(ownerHash, listed);
    return listed;
  }

  /** @returns False if a request has saved settings meanwhile: it goes on. */
  private async end(
    { ownerHash, conversation: id }: ConversationRef,
    seen: number,
  ): Promise<boolean> {
    const settings = new VersionedDocument(
      this.storage,
      this.folders.settings(ownerHash, id),
    );
    try {
      const number = seen || (await settings.create({})).number;
      return await settings.deleteAfter(number);
    } catch (error) {
      if (error instanceof DocumentExistsError) return false;
      throw error;
    }
  }
}
