import path from "node:path";
import { Counter, type Registry } from "prom-client";
import { errorCode } from "../../core/runtime/errors";
import type { Logger } from "../../core/runtime/log";
import { VisibleError } from "../../core/domain/errors";
import { emptyFolder, temporaryName } from "../../core/storage/exclusive-file";
import { ActiveReplyIndex } from "../../core/storage/layout/active-reply-index";
import { OwnerEventLog } from "../../core/storage/layout/owner-event-log";
import type {
  RecordFolders,
  ReplyRef,
} from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import { OwnerSettings } from "./owner-settings";
import type { Links } from "../links/links";
import type { ReplyService } from "../replies/reply-service";

export interface OwnerEraserDeps {
  files: StorageContext;
  folders: RecordFolders;
  replies: Pick<ReplyService, "stop">;
  links: Pick<Links, "tokenHashes" | "forget">;
  log: Logger;
  metrics: Registry;
  now: () => Date;
}

/**
 * Deletes all data of an owner. Idempotent: after a crash or an error, a repeated call completes it.
 *
 * The event log stays, with a last event that says that all before is erased: its numbers must not
 * be taken twice, because processes cache entries by number. The folders of shared links, conversations,
 * projects, uploads and imports are renamed, so that nothing can be read from then on, and emptied in the background. If
 * the process dies, a sweep empties them. The settings keep an empty version, for the same reason as the log.
 */
export class OwnerEraser {
  private readonly index: ActiveReplyIndex;
  private readonly total: Counter;

  constructor(private readonly deps: OwnerEraserDeps) {
    const { files, folders, metrics } = deps;
    this.index = new ActiveReplyIndex(files.fileSystem, folders.activeReplies);
    this.total = new Counter({
      name: "keepsake_owners_erased_total",
      help: "Owners who deleted all of their data.",
      registers: [metrics],
    });
  }

  async erase(ownerHash: string): Promise<void> {
    const { files, folders, links, now } = this.deps;
    // First: an import would add conversations to those that are erased.
    const imports = await this.hide(folders.imports(ownerHash));
    await this.hideQueues(ownerHash);
    await this.stopReplies(ownerHash);
    const events = new OwnerEventLog(files, folders.ownerEvents(ownerHash));
    const at = now().toISOString();
    const event = { kind: "erased", at } as const;
    // An import that is going on can be the owner's first data: it must find the event.
    const number = imports
      ? await events.append(event)
      : await events.appendIfExists(event);
    const tokens = await links.tokenHashes(ownerHash);
    const hidden = [
      await this.hide(folders.links(ownerHash)),
      await this.hide(folders.conversations(ownerHash)),
      await this.hide(folders.projects(ownerHash)),
      await this.hide(folders.uploads(ownerHash)),
      imports,
    ];
    await new OwnerSettings(files, folders).erase(ownerHash);
    // A reply that is still listed would be started again, in a new folder.
    await this.index.removeAll((ref) => ref.ownerHash === ownerHash);
    if (number !== undefined) await events.removeBefore(number);
    this.total.inc();
    await links.forget(tokens);
    void this.empty(hidden);
  }

  /** A queue would begin the next reply as soon as the one before it is stopped. */
  private async hideQueues(ownerHash: string): Promise<void> {
    const { queues } = await this.index.scan();
    for (const of of queues) {
      if (of.ownerHash !== ownerHash) continue;
      await this.hide(this.deps.folders.queue(of));
    }
  }

  private async stopReplies(ownerHash: string): Promise<void> {
    for (const ref of await this.index.list()) {
      if (ref.ownerHash === ownerHash) await this.stop(ref);
    }
  }

  /** A reply that can't be stopped loses its folder: its writer finds itself locked out. */
  private async stop(ref: ReplyRef): Promise<void> {
    try {
      await this.deps.replies.stop(ref);
    } catch (error) {
      if (!(error instanceof VisibleError)) throw error;
    }
  }

  /** @returns The folder's new name, which is on disk; `undefined` if there is no such folder. */
  private async hide(folder: string): Promise<string | undefined> {
    const { fileSystem } = this.deps.files;
    const parent = path.dirname(folder);
    const hidden = path.join(parent, temporaryName());
    try {
      await fileSystem.rename(folder, hidden);
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
    await fileSystem.syncDirectory(parent);
    return hidden;
  }

  private async empty(folders: (string | undefined)[]): Promise<void> {
    const { files, log } = this.deps;
    for (const folder of folders) {
      if (folder === undefined) continue;
      await emptyFolder(files.fileSystem, folder).catch((error: unknown) =>
        log.warn({ error }, "failed to empty erased folder; a sweep will"),
      );
    }
  }
}
