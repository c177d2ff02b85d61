import { createHash } from "node:crypto";
import { type LogEntry, LogMissingError } from "../../shared/files/LogReader";
import { VisibleError } from "../../shared/errors";
import { ExclusiveLog } from "../../shared/files/ExclusiveLog";
import type { Files } from "../../shared/files/Files";
import type { JsonObject } from "../../shared/files/json";
import type { LogListing } from "../../shared/files/LogListing";
import { once } from "../../shared/once";
import { Message } from "../../shared/records";

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

/** A conversation's messages: prompts under odd numbers, the reply to prompt p under p + 1. */
export class MessageLog {
  private readonly log: ExclusiveLog;

  constructor(
    private readonly files: Files,
    folder: string,
  ) {
    this.log = new ExclusiveLog(files, folder);
  }

  make(): Promise<void> {
    return this.log.make();
  }

  /** What there is; `undefined` if there is no such conversation. */
  list(): Promise<LogListing | undefined> {
    return this.log.listIfThere();
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
   * @param place Asked before, with the number of the last message: says what the prompt goes on
   *   from, or throws what keeps it from being saved.
   * @throws VisibleError (409) if the key was used for another text.
   */
  addPrompt(
    prompt: NewPrompt,
    place: (last: number) => Promise<Pick<NewPrompt, "follows">>,
  ): Promise<Message> {
    return this.files.serial.run(`${this.log.folder}#prompt`, async () => {
      for (;;) {
        const listing = await this.log.list();
        const sent = await this.findSent(prompt, listing);
        if (sent) return sent;
        const { follows } = await place(listing.last);
        const number = listing.last + (listing.last % 2 === 0 ? 1 : 2);
        const { text, at, insteadOf } = prompt;
        const message: Message = {
          number,
          role: "user",
          text,
          at,
          ...(insteadOf !== undefined && { insteadOf }),
          ...(follows !== undefined && { follows }),
        };
        const entry = { format: 1, ...message, ...keyHash(prompt.key) };
        if (await this.log.createAt(number, entry, listing)) return message;
      }
    });
  }

  /**
   * Saves a reply.
   *
   * @returns Whether this call saved it; `false` if it was there, or the conversation is gone.
   */
  async addReply(message: Message): Promise<boolean> {
    const json = JSON.parse(JSON.stringify(message)) as JsonObject;
    try {
      return await this.log.createAt(message.number, { format: 1, ...json });
    } catch (error) {
      if (error instanceof LogMissingError) return false;
      throw error;
    }
  }

  private async findSent(
    { key, text, insteadOf }: NewPrompt,
    listing: LogListing,
  ): Promise<Message | undefined> {
    if (key === undefined) return undefined;
    const { keyHash: hash } = keyHash(key);
    const entries = await this.log.readRange(1, listing.last, listing);
    const [found] = entries
      .filter((entry) => entry.keyHash === hash)
      .flatMap(toMessage);
    if (found && (found.text !== text || found.insteadOf !== insteadOf)) {
      throw new VisibleError(
        409,
        "This idempotency-key was used for another message. Send a new one.",
      );
    }
    return found;
  }
}

function keyHash(key: string | undefined): { keyHash?: string } {
  if (key === undefined) return {};
  return { keyHash: createHash("sha256").update(key).digest("base64url") };
}

/**
 * An entry that is no message can only be of another version of the program: it is passed over.
 * All of a conversation's are asked for with each reply, and no entry ever changes.
 */
const toMessage = once((entry: LogEntry): readonly Readonly<Message>[] => {
  const result = Message.safeParse(entry);
  return result.success ? [Object.freeze(result.data)] : [];
});
