import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type {
  RecordFolders,
  ReplyRef,
} from "../../core/storage/layout/record-folders";
import { VisibleError } from "../../core/domain/errors";
import { AppendLog } from "../../core/storage/append-log";
import type { StorageContext } from "../../core/storage/storage-context";
import type { JsonObject } from "../../core/storage/json";
import type { LogListing } from "../../core/storage/log-listing";
import { type LogEntry, LogMissingError } from "../../core/storage/log-reader";
import { memoize } from "../../core/runtime/memoize";
import {
  isPrompt,
  Message,
  type Prompt,
  type Reply,
} from "../../core/domain/records";
import { nextPromptNumber, replyNumberOf } from "../../core/domain/turns";

/** A prompt that is to be saved. */
export interface NewPrompt {
  text: string;
  at: string;
  /** The same key twice makes one prompt, on whichever process. */
  key?: string;
  /** See `Message`. */
  insteadOf?: number;
  follows?: number;
}

/** Where a prompt is to be saved. */
export interface Placement {
  /** See `Message`. */
  follows?: number;
  /**
   * Settles which prompt comes next, where another process could do something else meanwhile.
   *
   * @param entry What is to be saved.
   * @returns What has to be saved: `entry`, or what was settled on before; `undefined` if neither
   *   may be (any more), and the place has to be found anew.
   */
  settle?(this: void, entry: JsonObject): Promise<JsonObject | undefined>;
}

/** A conversation's messages: prompts under odd numbers, the reply to prompt p under p + 1. */
export class MessageLog {
  private readonly log: AppendLog;

  constructor(
    private readonly files: StorageContext,
    folder: string,
  ) {
    this.log = new AppendLog(files, folder);
  }

  make(): Promise<void> {
    return this.log.createFolder();
  }

  /** What there is; `undefined` if there is no such conversation. */
  list(): Promise<LogListing | undefined> {
    return this.log.listIfExists();
  }

  /** The last `count` messages (below `before`, if given), oldest first. */
  async readLast(
    count: number,
    listing: LogListing,
    before?: number,
  ): Promise<Message[]> {
    const entries = await this.log.readLast(count, { before, listing });
    return entries.flatMap(toMessage);
  }

  /** All messages, oldest first; none if there is no such conversation. */
  async readAll(): Promise<Message[]> {
    const listing = await this.list();
    if (!listing) return [];
    const entries = await this.log.readRange(1, listing.last, listing);
    return entries.flatMap(toMessage);
  }

  /** One message; `undefined` if there is none. */
  async read(
    number: number,
    listing?: LogListing,
  ): Promise<Message | undefined> {
    const entry = await this.log.read(number, listing);
    return entry && toMessage(entry)[0];
  }

  /** All messages below a number, oldest first. */
  async readBelow(number: number): Promise<Message[]> {
    const listing = await this.log.list();
    const entries = await this.log.readRange(1, number - 1, listing);
    return entries.flatMap(toMessage);
  }

  /**
   * Saves a prompt under the next odd number.
   *
   * @param find Asked before, with the number of the last message, and again if that isn't the
   *   last any more: says where the prompt belongs, or throws what keeps it from being saved.
   * @throws VisibleError (409) if the key was used for another text.
   */
  addPrompt(
    prompt: NewPrompt,
    find: (last: number) => Promise<Placement>,
  ): Promise<Prompt> {
    return this.files.mutex.run(`${this.log.folder}#prompt`, async () => {
      for (;;) {
        const listing = await this.log.list();
        const sent = await this.findSent(prompt, listing);
        if (sent) return sent;
        const { follows, settle } = await find(listing.last);
        const number = nextPromptNumber(listing.last);
        const message = promptAs(number, prompt, follows);
        const entry = { format: 1, ...message, ...keyHash(prompt.key) };
        const settled = settle ? await settle(entry) : entry;
        const isMade =
          settled && (await this.log.createAt(number, settled, listing));
        if (settled !== entry) continue;
        if (isMade) return message;
        if (settle && (await this.holds(number, entry))) return message;
      }
    });
  }

  /** Saves a prompt on which somebody settled who may not come to saving it. */
  async addDecided(entry: JsonObject, number: number): Promise<void> {
    if (isPromptAt(number, entry)) await this.log.createAt(number, entry);
  }

  /**
   * Saves a reply.
   *
   * @returns Whether this call saved it; `false` if it was there, or the conversation is gone.
   */
  async addReply(message: Reply): Promise<boolean> {
    const json = JSON.parse(JSON.stringify(message)) as JsonObject;
    try {
      return await this.log.createAt(message.number, { format: 1, ...json });
    } catch (error) {
      if (error instanceof LogMissingError) return false;
      throw error;
    }
  }

  /** Whether an entry was saved by another who found that it was settled on. */
  private async holds(number: number, entry: JsonObject): Promise<boolean> {
    const found = await this.log.read(number);
    return isDeepStrictEqual({ ...found }, entry);
  }

  private async findSent(
    { key, text, insteadOf }: NewPrompt,
    listing: LogListing,
  ): Promise<Prompt | undefined> {
    if (key === undefined) return undefined;
    const { keyHash: hash } = keyHash(key);
    const entries = await this.log.readRange(1, listing.last, listing);
    const [found] = entries
      .filter((entry) => entry.keyHash === hash)
      .flatMap(toMessage)
      .filter(isPrompt);
    if (found && (found.text !== text || found.insteadOf !== insteadOf)) {
      throw new VisibleError(
        409,
        "This idempotency-key was used for another message. Send a new one.",
      );
    }
    return found;
  }
}

/** The messages of a conversation. */
export const messageLogOf = (
  { files, folders }: { files: StorageContext; folders: RecordFolders },
  ownerHash: string,
  conversation: string,
): MessageLog =>
  new MessageLog(files, folders.messages(ownerHash, conversation));

/** The reply to a prompt, by the prompt's number. */
export const replyTo = (
  ownerHash: string,
  conversation: string,
  prompt: number,
): ReplyRef => ({ ownerHash, conversation, number: replyNumberOf(prompt) });

const promptAs = (
  number: number,
  { text, at, insteadOf }: NewPrompt,
  follows: number | undefined,
): Prompt => ({
  number,
  role: "user",
  text,
  at,
  ...(insteadOf !== undefined && { insteadOf }),
  ...(follows !== undefined && { follows }),
});

function keyHash(key: string | undefined): { keyHash?: string } {
  if (key === undefined) return {};
  return { keyHash: createHash("sha256").update(key).digest("base64url") };
}

/** Whether an entry is the prompt with this number. */
export function isPromptAt(number: number, entry: JsonObject): boolean {
  const found = Message.safeParse(entry).data;
  return found?.number === number && found.role === "user";
}

/**
 * An entry that is no message can only be of another version of the program: it is passed over.
 * All of a conversation's are asked for with each reply, and no entry ever changes.
 */
const toMessage = memoize((entry: LogEntry): readonly Readonly<Message>[] => {
  const result = Message.safeParse(entry);
  return result.success ? [Object.freeze(result.data)] : [];
});
