import type { StoredConversation } from "../../core/storage/layout/owner-events";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import { isPrompt, type Message } from "../../core/domain/records";
import type { ConversationSettings } from "./conversation-settings";
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
}

export interface WholeConversationsDeps {
  files: StorageContext;
  folders: RecordFolders;
  settings: ConversationSettings;
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
   * @throws NotFoundError if the conversation was removed meanwhile.
   */
  async save(
    ownerHash: string,
    { settings: wanted, messages, updatedAt }: WholeConversation,
  ): Promise<StoredConversation> {
    const { settings } = this.deps;
    const log = messageLogOf(this.deps, ownerHash, wanted.id);
    const counted = new CountedMessages(messages);
    await log.addAll(counted);
    const created = await settings.create(ownerHash, wanted);
    const bytes = await counted.bytes();
    await settings.addToIndex(ownerHash, created, { bytes, updatedAt });
    return created.settings;
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
