import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type {
  RecordFolders,
  ReplyRef,
} from "../../core/storage/layout/record-folders";
import { keyWasUsed } from "../../core/domain/errors";
import { AppendLog } from "../../core/storage/append-log";
import type {
  Cached,
  StorageContext,
} from "../../core/storage/storage-context";
import { type JsonObject, toJson } from "../../core/storage/json";
import type { LogListing } from "../../core/storage/log-listing";
import { type LogEntry, LogMissingError } from "../../core/storage/log-reader";
import { memoize } from "../../core/runtime/memoize";
import {
  Branch as BranchSchema,
  type FileRef,
  isPrompt,
  Message,
  type Prompt,
  type Reply,
} from "../../core/domain/records";
import {
  type Branch,
  hasTurn,
  isBranch,
  toBranch,
  TurnTree,
} from "../../core/domain/turn-tree";
import {
  isPromptNumber,
  nextPromptNumber,
  replyNumberOf,
  turnOf,
} from "../../core/domain/turns";
import { haveSameIds } from "./prompt-files";
import type { QueueItem } from "./prompt-queue";

/** A prompt to save. */
export interface NewPrompt {
  text: string;
  at: string;
  /** The idempotency key: repeated on any process, it makes one prompt. */
  key?: string;
  insteadOf?: number;
  /**
   * True if the owner index gets no event of the prompt: the event of its reply includes it. Absent from
   * prompts of earlier versions of the program, and from most others.
   */
  countedWithReply?: boolean;
  /** The conversation's: `FileStore` gave it to them. */
  files?: readonly FileRef[] | undefined;
}

/** The place of a prompt in its conversation. */
export interface Placement {
  follows?: number;
  /**
   * Decides which prompt comes next after a failed reply. Absent where nothing but another prompt
   * can come next: then the log's next number decides.
   */
  decide?(this: void, entry: JsonObject): Promise<Decision>;
}

/** The winner of a failed reply's last log entry: see `replies/outcome/after-failure.ts`. */
export type Decision =
  | { winner: "this" }
  /** Another prompt, which its own process may not have saved yet. */
  | { winner: "other"; entry: JsonObject }
  /** A retry: the reply has not failed any more. */
  | { winner: "none" };

/** A prompt in the log. */
export interface SavedPrompt {
  message: Prompt;
  /** True if this call saved it after a failed reply. */
  isAfterFailure: boolean;
  /** See {@link NewPrompt.countedWithReply}. */
  countedWithReply: boolean;
}

/** The messages of a conversation: an append log with prompts under odd numbers, replies under even ones. */
export class MessageLog {
  private readonly log: AppendLog;

  constructor(
    private readonly files: StorageContext,
    private readonly folder: string,
  ) {
    this.log = new AppendLog(files, folder);
  }

  /** `undefined` if there is no such conversation. */
  list(): Promise<LogListing | undefined> {
    return this.log.listIfExists();
  }

  /** See {@link AppendLog.hasJustAdded}. */
  hasJustAdded(number: number): boolean {
    return this.log.hasJustAdded(number);
  }

  /** See {@link AppendLog.listUpTo}. */
  listUpTo(number: number): Promise<LogListing | undefined> {
    return this.log.listUpTo(number);
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

  /** The messages with these numbers, in this order. */
  async readAll(numbers: number[], listing: LogListing): Promise<Message[]> {
    const entries = await this.log.readEntries(numbers, listing);
    return entries.flatMap(toMessage);
  }

  /**
   * The branches of the conversation. A prompt carries all that were before it. Prompts of earlier versions of
   * the program don't, so that older ones must be read, nor do most of a conversation that arrived whole.
   *
   * @param mostPrompts The number of prompts to read: then older branches may be missing.
   */
  async readBranches(
    listing: LogListing,
    mostPrompts = Infinity,
  ): Promise<Branch[]> {
    const branches = new Map<number, Branch>();
    let read = 0;
    for await (const entry of this.prompts(listing)) {
      const [prompt] = toMessage(entry).filter(isPrompt);
      const own = prompt && isBranch(prompt) ? [toBranch(prompt)] : [];
      const earlier = carried(entry);
      for (const one of [...own, ...(earlier ?? [])]) {
        branches.set(one.number, one);
      }
      if (earlier || ++read >= mostPrompts) break;
    }
    return [...branches.values()].toSorted((a, b) => a.number - b.number);
  }

  /** The prompts after a number, from the newest backwards. */
  private prompts(
    listing: LogListing,
    after = 0,
  ): AsyncGenerator<LogEntry, void> {
    const numbers = listing.between(after + 1, listing.last);
    const prompts = numbers.filter(isPromptNumber);
    return this.log.readInTurn(prompts.toReversed(), listing);
  }

  /** The messages with these numbers, in this order. A few are in memory at a time. */
  async *readInTurn(
    numbers: readonly number[],
    listing: LogListing,
  ): AsyncGenerator<Message, void> {
    for await (const entry of this.log.readInTurn(numbers, listing)) {
      yield* toMessage(entry);
    }
  }

  async read(
    number: number,
    listing?: LogListing,
  ): Promise<Message | undefined> {
    const entry = await this.log.read(number, listing);
    return entry && toMessage(entry)[0];
  }

  /** Creates the log with the first prompt. */
  async addFirst(prompt: NewPrompt): Promise<Prompt> {
    await this.log.createFolder();
    const { message } = await this.addPrompt(prompt, async () => ({}));
    return message;
  }

  /**
   * Creates the log with all of its messages, or finds those that an earlier call created.
   *
   * @param messages Numbered 1, 2, 3…, in their order. Few are in memory at a time.
   */
  async addAll(messages: AsyncIterable<Message>): Promise<void> {
    await this.log.createFolder();
    await this.log.createAll(withBranches(messages));
  }

  /**
   * Saves a prompt under the next odd number, or finds the one that has the same key.
   *
   * @param place Called with the number of the last message, and again whenever that has changed.
   *   An error that it throws keeps the prompt from being saved.
   * @throws VisibleError (409) if the key was used for another text.
   */
  async addPrompt(
    prompt: NewPrompt,
    place: (last: number) => Promise<Placement>,
  ): Promise<SavedPrompt> {
    for (;;) {
      const listing = await this.log.list();
      const duplicate = await this.findByKey(prompt, listing);
      if (duplicate) {
        await this.log.flush();
        const countedWithReply = await this.isCountedWithReply(duplicate);
        return { message: duplicate, isAfterFailure: false, countedWithReply };
      }
      const placed = await place(listing.last).catch(async (error) => {
        // A call with the same key may have saved the prompt since the listing.
        if (await this.findByKey(prompt, await this.log.list())) return null;
        throw error;
      });
      if (!placed) continue;
      const { follows, decide } = placed;
      const number = nextPromptNumber(listing.last);
      const message = toPrompt(number, prompt, follows);
      const countedWithReply = prompt.countedWithReply === true;
      const entry = {
        format: 1,
        ...message,
        ...keyHash(prompt.key),
        ...(countedWithReply && { countedWithReply }),
        ...(await this.branchesBefore(listing)),
      };
      const isSaved = decide
        ? await this.saveWinner(number, entry, await decide(entry))
        : await this.log.createAt(number, entry, listing);
      const isAfterFailure = decide !== undefined;
      if (isSaved) return { message, isAfterFailure, countedWithReply };
    }
  }

  /** See {@link NewPrompt.countedWithReply}. */
  async isCountedWithReply({ number }: Prompt): Promise<boolean> {
    return (await this.log.read(number))?.countedWithReply === true;
  }

  /** The field of a new prompt that carries the branches before it. */
  private async branchesBefore(
    listing: LogListing,
  ): Promise<{ branches: JsonObject[] }> {
    const branches = await this.readBranches(listing);
    return { branches: branches.map((branch) => ({ ...branch })) };
  }

  /**
   * Saves the prompt that was decided on, unless another process did.
   *
   * @returns True if `entry` is in the log under this number.
   */
  private async saveWinner(
    number: number,
    entry: JsonObject,
    decision: Decision,
  ): Promise<boolean> {
    if (decision.winner === "none") return false;
    if (decision.winner === "other") {
      await this.log.createAt(number, decision.entry);
      return false;
    }
    if (await this.log.createAt(number, entry)) return true;
    await this.log.flush();
    return isDeepStrictEqual({ ...(await this.log.read(number)) }, entry);
  }

  /** Saves a prompt that was decided on by a process that may have died. */
  async addDecided(entry: JsonObject, number: number): Promise<void> {
    if (isPromptAt(number, entry)) await this.log.createAt(number, entry);
  }

  /**
   * Saves a reply.
   *
   * @returns True if this call saved it; false if it was there, or the conversation is gone.
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

  /**
   * Saves a reply whose end entry is also a message, as a second name of that file.
   *
   * @returns False if another call may have saved it, or the conversation is gone.
   * @throws The file system's error.
   */
  async linkReply(
    number: number,
    file: string,
    entry: { line: string; token: string },
  ): Promise<boolean> {
    try {
      return await this.log.linkAt(number, file, entry);
    } catch (error) {
      if (error instanceof LogMissingError) return false;
      throw error;
    }
  }

  private async findByKey(
    { key, text, insteadOf, files = [] }: NewPrompt,
    listing: LogListing,
  ): Promise<Prompt | undefined> {
    if (key === undefined) return undefined;
    const { keyHash: hash } = keyHash(key);
    const found = await this.findByHash(hash, listing);
    if (!found) return undefined;
    const isSame =
      found.text === text &&
      found.insteadOf === insteadOf &&
      haveSameIds(found.files, files);
    if (!isSame) throw keyWasUsed();
    return found;
  }

  private async findByHash(
    hash: string | undefined,
    listing: LogListing,
  ): Promise<Prompt | undefined> {
    const number = await this.numberByKey({ keyHash: hash }, listing);
    const found = number && (await this.read(number, listing));
    return found && isPrompt(found) ? found : undefined;
  }

  /** The number of a message that has the key of a prompt: another call saved it. */
  async numberByKey(
    { keyHash: hash }: Pick<QueueItem, "keyHash">,
    listing: LogListing,
  ): Promise<number | undefined> {
    if (hash === undefined) return undefined;
    const known = await this.readKeys(listing);
    return known.numbers.get(hash);
  }

  /** The keys of all prompts. A process reads each prompt once for them. */
  private async readKeys(listing: LogListing): Promise<KnownKeys> {
    const { cache } = this.files;
    const place = `${this.folder}#keys`;
    const cached = cache.get(place);
    const known = cached instanceof KnownKeys ? cached : new KnownKeys();
    if (listing.last <= known.last) return known;
    const added: [hash: string, number: number][] = [];
    for await (const entry of this.prompts(listing, known.last)) {
      const { keyHash: hash, number } = entry;
      if (typeof hash === "string") added.push([hash, number]);
    }
    const { numbers } = known;
    // A key counts for the older one of two prompts that have it.
    for (const [hash, number] of added.toReversed()) {
      if (!numbers.has(hash)) numbers.set(hash, number);
    }
    const updated = new KnownKeys(listing.last, numbers);
    cache.set(place, updated);
    return updated;
  }

  /** True if the message with the number of a queued prompt is this prompt. */
  async hasQueued(
    { number, prompt, keyHash: hash }: QueueItem,
    listing: LogListing,
  ): Promise<boolean> {
    if (!listing.has(number)) return false;
    const entry = await this.log.read(number, listing);
    if (!entry) return false;
    return (
      entry.queued === prompt || (hash !== undefined && entry.keyHash === hash)
    );
  }

  /** Saves a queued prompt under its number, unless that is taken. */
  async addQueued(item: QueueItem, listing: LogListing): Promise<void> {
    const { number, prompt, keyHash: hash } = item;
    const follows = await this.followedReply(listing, item.follows);
    const message = toPrompt(number, item, follows);
    const branches = await this.branchesBefore(listing);
    const entry = toJson({
      ...message,
      keyHash: hash,
      queued: prompt,
      ...branches,
    });
    await this.log.createAt(number, { format: 1, ...entry }, listing);
  }

  /**
   * The conversation's tree of turns, for a page: it must not read every message where no prompt carries its
   * branches.
   */
  async readTree(listing: LogListing): Promise<TurnTree> {
    const branches = await this.readBranches(listing, NEWEST);
    return new TurnTree(branches, turnOf(listing.last));
  }

  /**
   * The value of `follows` for a new prompt, so that it continues the thread of a reply: `undefined` if that
   * is the newest thread.
   *
   * @param follows As the client sent it. Its thread may have grown since.
   */
  async followedReply(
    listing: LogListing,
    follows: number | undefined,
  ): Promise<number | undefined> {
    const newest = turnOf(listing.last);
    if (follows === undefined || turnOf(follows) >= newest) return undefined;
    const tree = await this.readTree(listing);
    if (hasTurn(tree.threadTo(newest), turnOf(follows))) return undefined;
    return replyNumberOf(tree.newestThrough(turnOf(follows)));
  }
}

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

const toPrompt = (
  number: number,
  { text, at, insteadOf, files = [] }: NewPrompt,
  follows: number | undefined,
): Prompt => ({
  number,
  role: "user",
  text,
  at,
  ...(insteadOf !== undefined && { insteadOf }),
  ...(follows !== undefined && { follows }),
  ...(files.length > 0 && { files: [...files] }),
});

/** Prompts that a page reads for branches. */
const NEWEST = 20;

/** The keys of the prompts up to the entry `last`, in the cache. */
class KnownKeys implements Cached {
  readonly weight: number;
  constructor(
    readonly last = 0,
    /** By hash. It grows: a copy for each message would cost more. */
    readonly numbers: Map<string, number> = new Map(),
  ) {
    this.weight = 200 + 150 * numbers.size;
  }
}

/**
 * The entries of messages that arrive together. The last prompt alone carries branches: readers begin there, and
 * in each prompt they would make a long file of short texts.
 */
async function* withBranches(
  messages: AsyncIterable<Message>,
): AsyncGenerator<JsonObject, void> {
  const branches: Branch[] = [];
  let turn: Message[] = [];
  for await (const message of messages) {
    if (isPrompt(message)) {
      yield* turn.map((one) => toEntry(one));
      branches.push(...turn.filter(isPrompt).filter(isBranch).map(toBranch));
      turn = [];
    }
    turn.push(message);
  }
  yield* turn.map((one) => toEntry(one, branches));
}

const toEntry = (message: Message, branches?: Branch[]): JsonObject => ({
  format: 1,
  ...toJson(message),
  ...(branches && isPrompt(message) && toJson({ branches })),
});

/** The branches before a prompt, which it carries. */
function carried({ branches }: LogEntry): Branch[] | undefined {
  return BranchSchema.array().safeParse(branches).data;
}

export function keyHash(key: string | undefined): { keyHash?: string } {
  if (key === undefined) return {};
  return { keyHash: createHash("sha256").update(key).digest("base64url") };
}

/** True if an entry is the prompt with this number. */
export function isPromptAt(number: number, entry: JsonObject): boolean {
  const found = Message.safeParse(entry).data;
  return found?.number === number && found.role === "user";
}

/**
 * Empty for an entry that is no message: another version of the program wrote it. Parsed once,
 * since each reply reads the newest messages and no entry ever changes.
 */
const toMessage = memoize((entry: LogEntry): readonly Readonly<Message>[] => {
  const result = Message.safeParse(entry);
  return result.success ? [Object.freeze(result.data)] : [];
});
