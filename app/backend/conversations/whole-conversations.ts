import path from "node:path";
import { NotFoundError } from "../../core/domain/errors";
import { removeFolder } from "../../core/storage/exclusive-file";
import type { StoredConversation } from "../../core/storage/layout/owner-events";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import { isPrompt, type Message } from "../../core/domain/records";
import type { OwnerIndex } from "../owner-index/owner-index";
import type {
  ConversationSettings,
  SettingsVersion,
} from "./conversation-settings";
import { messageLogOf } from "./message-log";
import { bytesOf } from "./prompt-files";

/** A conversation that arrives with all of its messages: a fork, or an import. */
export interface WholeConversation {
  /** Its id is derived from the request: a repeated one completes what an earlier one began. */
  settings: StoredConversation;
  /** Numbered 1, 2, 3… in their order; at least one. Few are in memory at a time. */
  messages: AsyncIterable<Message>;
  /** The time of the last message, if that is not now. */
  updatedAt?: string | undefined;
  /** The number of the owner's last erasure when the request began. */
  erasure: number;
}

export interface WholeConversationsDeps {
  files: StorageContext;
  folders: RecordFolders;
  settings: ConversationSettings;
  ownerIndex: OwnerIndex;
}

/**
 * Saves conversations that arrive whole: the messages in one file, then the settings, then the owner index.
 * So a conversation is listed once all of it is on disk. A sweep removes what a dead process left
 * unlisted.
 */
export class WholeConversations {
  constructor(private readonly deps: WholeConversationsDeps) {}

  /**
   * Saves a conversation, or completes it if an earlier call with its id did not.
   *
   * @returns The settings on disk.
   * @throws NotFoundError if the conversation, or all data of its owner, was removed meanwhile.
   */
  async save(
    ownerHash: string,
    { settings: wanted, messages, updatedAt, erasure }: WholeConversation,
  ): Promise<StoredConversation> {
    const { settings } = this.deps;
    const log = messageLogOf(this.deps, ownerHash, wanted.id);
    const counted = new CountedMessages(messages);
    await log.addAll(counted);
    const created = await settings.create(ownerHash, wanted);
    const bytes = await counted.bytes();
    if (await this.isErased(ownerHash, erasure)) {
      const { conversations } = await this.deps.ownerIndex.read(ownerHash);
      // A listed one was imported again since.
      const isNew = !conversations.has(wanted.id);
      if (isNew) await this.remove(ownerHash, wanted.id);
      throw new NotFoundError("conversation");
    }
    await settings.addToIndex(ownerHash, created, { bytes, updatedAt });
    await this.assertKept(ownerHash, created, erasure);
    return created.settings;
  }

  /** True if all data of the owner was deleted since a request began. */
  private async isErased(ownerHash: string, erasure: number): Promise<boolean> {
    const now = await this.deps.ownerIndex.read(ownerHash);
    return now.erasure.number !== erasure;
  }

  /**
   * Takes a conversation back that an erasure has missed, because its files or its event came after it. A sweep
   * may have ended it before it was listed.
   */
  private async assertKept(
    ownerHash: string,
    { number, settings: saved }: SettingsVersion,
    erasure: number,
  ): Promise<void> {
    const { settings, ownerIndex } = this.deps;
    const { id } = saved;
    if (!(await this.isErased(ownerHash, erasure))) {
      if (await settings.noteIfEnded(ownerHash, id)) {
        throw new NotFoundError("conversation");
      }
      return;
    }
    await ownerIndex.append(ownerHash, {
      kind: "conversation",
      version: number + 1,
      conversation: emptied(saved),
    });
    await this.remove(ownerHash, id);
    throw new NotFoundError("conversation");
  }

  private async remove(ownerHash: string, id: string): Promise<void> {
    const { files, folders } = this.deps;
    const folder = path.dirname(folders.settings(ownerHash, id));
    await removeFolder(files.fileSystem, folder);
  }
}

/** Messages whose size is known after they were read. */
class CountedMessages implements AsyncIterable<Message> {
  private isRead = false;
  private total = 0;

  constructor(private readonly messages: AsyncIterable<Message>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void> {
    this.isRead = true;
    for await (const message of this.messages) {
      this.total += sizeOf(message);
      yield message;
    }
  }

  /** Reads them, unless the log took them: an earlier call had saved them. */
  async bytes(): Promise<number> {
    if (!this.isRead) for await (const _ of this) continue;
    return this.total;
  }
}

const sizeOf = (message: Message): number =>
  isPrompt(message)
    ? bytesOf(message)
    : Buffer.byteLength(message.text + (message.reasoning ?? ""));

/** The settings of a conversation that is deleted permanently, with nothing that an owner has written. */
function emptied({ id, createdAt }: StoredConversation): StoredConversation {
  const at = new Date().toISOString();
  return {
    id,
    title: "",
    model: "",
    project: null,
    maxTokens: null,
    temperature: null,
    createdAt,
    deletedAt: at,
    purgedAt: at,
  };
}
