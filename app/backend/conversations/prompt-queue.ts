import { sentence } from "../../core/texts/catalogue";
import { createHash } from "node:crypto";
import { z } from "zod";
import { keyWasUsed, VisibleError } from "../../core/domain/errors";
import { FileRef, limits, type QueuedPrompt } from "../../core/domain/records";
import { nextPromptNumber } from "../../core/domain/turns";
import { memoize } from "../../core/runtime/memoize";
import { AppendLog } from "../../core/storage/append-log";
import { toJson } from "../../core/storage/json";
import type {
  ConversationRef,
  RecordFolders,
} from "../../core/storage/layout/record-folders";
import type { LogListing } from "../../core/storage/log-listing";
import type { LogEntry } from "../../core/storage/log-reader";
import type { StorageContext } from "../../core/storage/storage-context";
import { haveSameIds } from "./prompt-files";

const named = {
  /** Names a queued prompt: the number that it got when it was queued. */
  prompt: z.int().min(1),
  /** The first entry that a reader of this one needs. Without it, all are needed. */
  needs: z.int().min(1).optional(),
};

const QueueEvent = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("queued"),
    ...named,
    text: z.string(),
    at: z.string(),
    follows: z.int().optional(),
    keyHash: z.string().optional(),
    files: z.array(FileRef).optional(),
  }),
  z.object({ kind: z.literal("edited"), ...named, text: z.string() }),
  z.object({ kind: z.literal("withdrawn"), ...named }),
  /** The number of its message: the next one of the conversation. */
  z.object({ kind: z.literal("begun"), ...named, message: z.int().min(1) }),
]);
type QueueEvent = z.output<typeof QueueEvent>;

/** A prompt that was queued at some time. Its text is empty if it is not needed any more. */
export interface QueueItem extends Omit<
  QueueEvent & { kind: "queued" },
  "kind" | "needs"
> {
  /** The log's entry that queued it. */
  entry: number;
  state: "waiting" | "withdrawn" | "begun";
  /** The number of its message; `prompt` until it is begun. */
  number: number;
  /** The text before all edits: it may be long, and many prompts are known. */
  sent: { hash: string; length: number };
}

/**
 * Prompts that readers know at least, although they are sent or withdrawn: a request with the key of
 * an older one queues a second prompt. Balances late retries against the entries that each read takes.
 */
const KNOWN_PROMPTS = 100;
/** Characters of these prompts: bounds what each read takes, however long they are. */
const KNOWN_CHARACTERS = 256 * 1024;

/** The queue at one moment. */
export class QueueState {
  /** The newest prompts: all that wait, the last that was begun, and some more. */
  readonly items: readonly QueueItem[];

  constructor(
    /** `undefined` if no prompt was ever queued. */
    readonly listing: LogListing | undefined,
    items: Iterable<QueueItem>,
  ) {
    this.items = [...items];
  }

  /** The first entry that a reader of the next one needs; `undefined` if it needs none before it. */
  get firstNeeded(): number | undefined {
    const [waiting] = this.waiting;
    const needed = [waiting, this.begun, this.firstKnown].flatMap(
      (item) => item?.entry ?? [],
    );
    return needed.length > 0 ? Math.min(...needed) : undefined;
  }

  private get firstKnown(): QueueItem | undefined {
    let known: QueueItem | undefined;
    let left = KNOWN_CHARACTERS;
    for (const item of this.items.slice(-KNOWN_PROMPTS).toReversed()) {
      left -= item.sent.length;
      if (left < 0) break;
      known = item;
    }
    return known;
  }

  get waiting(): QueueItem[] {
    return this.items.filter(({ state }) => state === "waiting");
  }

  /** The last prompt that was begun: its message may not be saved yet. */
  get begun(): QueueItem | undefined {
    return this.items.findLast(({ state }) => state === "begun");
  }

  find(prompt: number): QueueItem | undefined {
    return this.items.find((item) => item.prompt === prompt);
  }
}

/** A prompt that waits, as clients see it. */
export const describe = ({
  prompt,
  text,
  at,
  files,
}: QueueItem): QueuedPrompt => ({
  number: prompt,
  text,
  at,
  ...(files && { files }),
});

function apply(
  items: Map<number, QueueItem>,
  event: QueueEvent,
  entry: number,
): void {
  if (event.kind === "queued") {
    const { kind: _, needs: __, ...item } = event;
    items.set(event.prompt, {
      ...item,
      entry,
      state: "waiting",
      number: item.prompt,
      sent: sentOf(item.text),
    });
    return;
  }
  const item = items.get(event.prompt);
  if (!item) return;
  if (event.kind === "edited") {
    item.text = event.text;
    return;
  }
  item.state = event.kind;
  if (event.kind === "withdrawn") item.text = "";
  else {
    item.number = event.message;
    // Only the message of the last one may not be saved yet.
    for (const other of items.values()) {
      if (other.state === "begun" && other !== item) other.text = "";
    }
  }
}

const sentOf = (text: string): QueueItem["sent"] => ({
  hash: createHash("sha256").update(text).digest("base64url"),
  length: text.length,
});

/**
 * The queued prompts of a conversation: an append log of what happened to them. An edit, a
 * withdrawal and a begin each take the log's next number, after all entries before it were read. So
 * exactly one of them wins, from any process.
 */
export class PromptQueue {
  private readonly log: AppendLog;

  constructor(files: StorageContext, folder: string) {
    this.log = new AppendLog(files, folder);
  }

  /** Reads the newest entries, however many there are: each says from where on. */
  async read(): Promise<QueueState> {
    const listing = await this.log.listRare();
    if (!listing) return new QueueState(undefined, []);
    const last = await this.log.read(listing.last, listing);
    const event = last && toEvent(last)[0];
    return this.readFrom(event?.needs ?? 1, listing);
  }

  private async readFrom(
    first: number,
    listing: LogListing,
  ): Promise<QueueState> {
    const items = new Map<number, QueueItem>();
    const numbers = listing.between(first, listing.last);
    for await (const entry of this.log.readInTurn(numbers, listing)) {
      for (const event of toEvent(entry)) apply(items, event, entry.number);
    }
    return new QueueState(listing, items.values());
  }

  /**
   * Queues a prompt, or finds the one that has the same key.
   *
   * @param lastMessage The number of the conversation's last message.
   * @throws VisibleError (409) if the queue is full, or the key was used for another text.
   */
  async add(
    item: Pick<QueueItem, "text" | "at" | "follows" | "keyHash" | "files">,
    lastMessage: number,
  ): Promise<QueueItem> {
    await this.log.createFolder();
    for (;;) {
      const state = await this.read();
      const known = await this.findByKey(state, item);
      if (known) return known;
      assertRoom(state.waiting, item.text);
      const highest = Math.max(...state.items.map(({ prompt }) => prompt), 0);
      const number = nextPromptNumber(Math.max(lastMessage, highest));
      const added = { ...item, prompt: number };
      if (await this.append(state, { kind: "queued", ...added })) {
        return {
          ...added,
          entry: nextEntry(state),
          number,
          state: "waiting",
          sent: sentOf(item.text),
        };
      }
    }
  }

  /**
   * The prompt that was queued with this key.
   *
   * @throws VisibleError (409) if the key was used for another text.
   */
  async findByKey(
    { items }: QueueState,
    { keyHash, text, files }: Pick<QueueItem, "keyHash" | "text" | "files">,
  ): Promise<QueueItem | undefined> {
    if (keyHash === undefined) return undefined;
    const found = items.find((item) => item.keyHash === keyHash);
    if (!found) return undefined;
    const isSame =
      found.sent.hash === sentOf(text).hash && haveSameIds(found.files, files);
    if (!isSame) throw keyWasUsed();
    // The process that queued it may have died before it was on disk.
    await this.log.flush();
    return found;
  }

  /** @throws VisibleError (404, 409) if the prompt does not wait. */
  async edit(prompt: number, text: string): Promise<QueueItem> {
    return this.change(prompt, (item, state) => {
      if (item.text === text && item.state !== "withdrawn") return undefined;
      const others = state.waiting.filter((one) => one.prompt !== prompt);
      if (item.state === "waiting") assertRoom(others, text);
      return { kind: "edited", prompt, text };
    });
  }

  /** @throws VisibleError (404, 409) if the prompt does not wait. */
  async withdraw(prompt: number): Promise<void> {
    await this.change(prompt, ({ state }) =>
      state === "withdrawn" ? undefined : { kind: "withdrawn", prompt },
    );
  }

  /**
   * Ends the wait of the first prompt, or gives a begun one another number.
   *
   * @param before The state by which this was decided.
   * @returns False if something happened to the queue meanwhile.
   */
  begin(
    before: QueueState,
    { prompt }: QueueItem,
    message: number,
  ): Promise<boolean> {
    return this.append(before, { kind: "begun", prompt, message });
  }

  /** @param event The event that makes the change; `undefined` if an earlier call made it. */
  private async change(
    prompt: number,
    event: (item: QueueItem, state: QueueState) => QueueEvent | undefined,
  ): Promise<QueueItem> {
    for (;;) {
      const state = await this.read();
      const item = state.find(prompt) ?? (await this.findOld(prompt, state));
      if (!item) throw notQueued();
      const made = event(item, state);
      if (!made) {
        await this.log.flush();
        return item;
      }
      if (item.state === "begun") throw isBegun();
      if (item.state === "withdrawn") throw isWithdrawn();
      if (!(await this.append(state, made))) continue;
      return made.kind === "edited" ? { ...item, text: made.text } : item;
    }
  }

  /** A prompt that was sent or withdrawn long ago: only a page that is as old asks for it. */
  private async findOld(
    prompt: number,
    { listing }: QueueState,
  ): Promise<QueueItem | undefined> {
    return listing && (await this.readFrom(1, listing)).find(prompt);
  }

  private append(state: QueueState, event: QueueEvent): Promise<boolean> {
    const number = nextEntry(state);
    const needs = state.firstNeeded ?? number;
    return this.log.createAt(number, {
      format: 1,
      ...toJson({ ...event, needs }),
    });
  }
}

const nextEntry = ({ listing }: QueueState) => (listing?.last ?? 0) + 1;

export const promptQueueOf = (
  { files, folders }: { files: StorageContext; folders: RecordFolders },
  of: ConversationRef,
): PromptQueue => new PromptQueue(files, folders.queue(of));

/** Empty for an entry that only another version of the program can read. */
const toEvent = memoize((entry: LogEntry): readonly QueueEvent[] => {
  const result = QueueEvent.safeParse(entry);
  return result.success ? [result.data] : [];
});

/** @throws VisibleError (409) if a prompt does not fit beside the others that wait. */
function assertRoom(others: readonly QueueItem[], text: string): void {
  if (others.length >= limits.queuedPrompts) {
    throw new VisibleError(
      409,
      sentence("problem.queueFull", { limit: limits.queuedPrompts }),
    );
  }
  const length = others.reduce((sum, one) => sum + one.text.length, 0);
  if (others.length > 0 && length + text.length > limits.queuedCharacters) {
    throw new VisibleError(409, sentence("problem.queueLong"));
  }
}

const notQueued = () => new VisibleError(404, sentence("problem.notQueued"));

const isBegun = () => new VisibleError(409, sentence("problem.queuedBegun"));

const isWithdrawn = () =>
  new VisibleError(409, sentence("problem.queuedWithdrawn"));
