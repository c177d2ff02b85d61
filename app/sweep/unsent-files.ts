import path from "node:path";
import { idPattern } from "../core/domain/records";
import { isPromptNumber } from "../core/domain/turns";
import { AppendLog } from "../core/storage/append-log";
import {
  conversationOfFiles,
  isUploads,
  type RecordFolders,
  recordFoldersIn,
} from "../core/storage/layout/record-folders";
import { createStorageContext } from "../core/storage/storage-context";
import { fileIdsOf } from "../core/storage/stored-file";
import { LEFTOVER_AFTER_MS, type Sweep } from "./sweep";

/** The time for which an uploaded file waits to be sent. */
const UNSENT_MS = 86_400_000;

/** Files that no message got are found by a sweep of the days after. Later ones save the look. */
const RECENT_MS = 7 * 86_400_000;

/** Removes uploads that were never sent, and files of messages whose saving was interrupted. */
export class UnsentFiles {
  private readonly folders: RecordFolders;

  constructor(
    private readonly sweep: Sweep,
    private readonly directory: string,
  ) {
    this.folders = recordFoldersIn(directory);
  }

  /** @param names The names in the folder. */
  async sweepFolder(folder: string, names: readonly string[]): Promise<void> {
    const ids = names.filter((name) => idPattern.test(name));
    if (ids.length === 0) return;
    if (isUploads(this.directory, folder)) {
      for (const id of ids) await this.removeIfOld(folder, id);
    } else {
      await this.sweepConversation(folder, ids);
    }
  }

  private async removeIfOld(folder: string, id: string): Promise<void> {
    const age = await this.sweep.age(path.join(folder, id));
    if (age > UNSENT_MS) await this.remove(folder, [id]);
  }

  private async sweepConversation(
    folder: string,
    ids: readonly string[],
  ): Promise<void> {
    const of = conversationOfFiles(this.directory, folder);
    if (!of) return;
    // A file gets into the folder before its message is saved.
    const age = await this.sweep.age(folder);
    if (age < LEFTOVER_AFTER_MS || age > RECENT_MS) return;
    const messages = this.folders.messages(of.ownerHash, of.conversation);
    const prompts = await this.filesIn(messages);
    const queued = await this.filesIn(this.folders.queue(of));
    // An entry that can't be read may have files.
    if (!prompts || !queued) return;
    // The next prompt may be in the log of the last reply, which is not a message yet.
    if (isPromptNumber(prompts.last)) return;
    const sent = new Set([...prompts.ids, ...queued.ids]);
    await this.remove(
      folder,
      ids.filter((id) => !sent.has(id)),
    );
  }

  /** The files of a log's entries, and the last entry's number; `undefined` if one can't be read. */
  private async filesIn(
    folder: string,
  ): Promise<{ ids: Set<string>; last: number } | undefined> {
    const { fileSystem } = this.sweep;
    const files = createStorageContext({ fileSystem, cacheBytes: 1 });
    const log = new AppendLog(files, folder);
    const listing = await log.listIfExists();
    const ids = new Set<string>();
    if (!listing) return { ids, last: 0 };
    const numbers = listing.between(1, listing.last);
    let left = numbers.length;
    for await (const entry of log.readInTurn(numbers, listing)) {
      left -= 1;
      for (const id of fileIdsOf(entry)) ids.add(id);
    }
    return left === 0 ? { ids, last: listing.last } : undefined;
  }

  private async remove(folder: string, ids: readonly string[]): Promise<void> {
    const removed = await this.sweep.remove(folder, ids);
    this.sweep.tally.files += removed;
  }
}
