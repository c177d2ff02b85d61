import path from "node:path";
import { parseObject } from "../core/storage/json";
import { removeMarker } from "../core/storage/marker-file";
import {
  type RecordFolders,
  recordFoldersIn,
  replyOf,
} from "../core/storage/layout/record-folders";
import { LogListing } from "../core/storage/log-listing";
import type { Sweep } from "./sweep";

/**
 * How long a reply's log is kept whole after the reply. Balances disk space against clients that
 * return with an offset: later they get the whole text at once.
 */
const KEPT_MS = 7 * 86_400_000;

const ENTRY = /^[1-9]\d{0,8}$/;

/**
 * Reduces the logs of published replies to their end, which repeats the whole text. Readers of all
 * versions take a missing entry for one that was never written, and so answer any offset by the end.
 * The end's number stays taken, so no process can begin the reply again.
 */
export class FinishedReplies {
  private readonly folders: RecordFolders;

  constructor(
    private readonly sweep: Sweep,
    private readonly directory: string,
  ) {
    this.folders = recordFoldersIn(directory);
  }

  /** @param names The names in the folder. */
  async sweepFolder(folder: string, names: readonly string[]): Promise<void> {
    const ref = replyOf(this.directory, folder);
    if (!ref) return;
    const entries = names.filter((name) => ENTRY.test(name)).map(Number);
    const end = Math.max(0, ...entries);
    // Oldest first: a reader that finds an epoch must find all after it.
    const epochs = entries.filter((n) => n < end).toSorted((a, b) => a - b);
    if (epochs.length === 0) return;
    const file = path.join(folder, String(end));
    if ((await this.sweep.age(file)) < KEPT_MS) return;
    if (!(await this.isFinalEnd(file))) return;
    const messages = this.folders.messages(ref.ownerHash, ref.conversation);
    const published = await this.sweep.fileSystem.readdir(messages);
    const listing = new LogListing(published, { monotonic: 0, wall: 0 });
    if (!listing.has(ref.number)) return;
    for (const number of epochs) {
      const epoch = path.join(folder, String(number));
      await removeMarker(this.sweep.fileSystem, epoch);
      this.sweep.tally.epochs++;
    }
  }

  private async isFinalEnd(file: string): Promise<boolean> {
    const text = (await this.sweep.fileSystem.readFile(file)).toString();
    const [line = ""] = text.split("\n", 1);
    const { kind, outcome, text: reply } = parseObject(line) ?? {};
    return (
      kind === "end" &&
      (outcome === "complete" || outcome === "stopped") &&
      typeof reply === "string"
    );
  }
}
