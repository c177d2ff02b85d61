import { readdir } from "node:fs/promises";
import path from "node:path";
import type { LogRecord } from "../../../app/backend/replies/log/records";
import {
  isContested,
  ReplyLog,
  type LogSnapshot,
} from "../../../app/backend/replies/log/reply-log";
import { pause } from "../../../app/core/runtime/async";
import { nodeFileSystem } from "../../../app/core/storage/file-system";
import {
  brokenInvariants,
  type Delivered,
} from "../../../test/support/reply-log-invariants";

const PAUSE_MS = 500;

/**
 * A process that reads all reply logs from their files, again and again, while others write them.
 * What it has read as committed must still be there in the end.
 */
export class CommittedReader {
  private readonly logs = new Map<string, Delivered>();
  private readonly broken: string[] = [];
  private readonly over = new AbortController();
  private readonly reading: Promise<void>;

  constructor(private readonly records: string) {
    this.reading = this.readUntilOver();
    // Reported by `stop`.
    this.reading.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.over.abort();
    await this.reading;
  }

  /** Ends the reading. @returns A sentence for each broken invariant. */
  async faults(): Promise<string[]> {
    await this.stop();
    for (const [folder, delivered] of this.logs) {
      const { records = [] } = (await this.read(folder)) ?? {};
      this.compare(folder, records, delivered);
    }
    return this.broken;
  }

  private compare(
    folder: string,
    records: LogRecord[],
    delivered: Delivered,
  ): void {
    const broken = brokenInvariants(records, delivered);
    this.broken.push(...broken.map((sentence) => `${folder}: ${sentence}`));
  }

  private async readUntilOver(): Promise<void> {
    const { signal } = this.over;
    while (!signal.aborted) {
      for (const folder of await replyLogsIn(this.records)) {
        if (signal.aborted) return;
        await this.note(folder);
      }
      await pause(PAUSE_MS, signal);
    }
  }

  /** A log that has ended is complete: it is read once more in the end. */
  private async note(folder: string): Promise<void> {
    const known = this.logs.get(folder);
    if (known && known.ends.length > 0) return;
    const snapshot = await this.read(folder);
    if (!snapshot || isContested(snapshot)) return;
    const { records, currentHeader } = snapshot;
    const isComplete =
      currentHeader.kind === "end" && currentHeader["outcome"] !== "failed";
    if (known) this.compare(folder, records, known);
    const ends = isComplete ? records.slice(-1) : [];
    this.logs.set(folder, { committed: [...records], ends });
  }

  private read(folder: string): Promise<LogSnapshot | undefined> {
    const log = new ReplyLog(nodeFileSystem, path.join(this.records, folder));
    return log.read();
  }
}

/** The folders of all reply logs, below the folder of the records. */
export async function replyLogsIn(records: string): Promise<string[]> {
  const folders = await readdir(records, { recursive: true });
  return folders.filter((folder) => /\/replies\/\d+$/.test(folder));
}
