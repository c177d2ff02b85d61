import { Pacer } from "../../core/runtime/pacer";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import {
  type Conversation,
  type Excerpt,
  isPrompt,
  type Message,
} from "../../core/domain/records";
import { characterStart } from "../../core/domain/text";
import {
  fold,
  hasWords,
  rangesOf,
  slicesOf,
  wordsOf,
} from "../../core/domain/text-search";
import { TurnTree } from "../../core/domain/turn-tree";
import type { LogListing } from "../../core/storage/log-listing";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { ConversationState } from "../owner-index/owner-state";
import { toListedConversation } from "../owner-index/to-conversation";
import { isNotDeleted } from "./deleted-turns";
import { type MessageLog, messageLogOf } from "./message-log";
import { filtered, isBetween, type SearchFilters } from "./search-filters";
import { SearchQueue } from "./search-queue";

/*
 * Bounds of one search. The most recently used conversations come first, so the oldest are left
 * out.
 */
const MAX_CONVERSATIONS = 500;
const MAX_MS = 2_000;
/** Characters that one search reads: bounds the memory for the messages of long conversations. */
const MAX_CHARACTERS = 32 * 1024 * 1024;
const MAX_RESULTS = 50;
/** Of a list without words, which reads no message. */
const MAX_LISTED = 200;
const MAX_EXCERPTS = 3;
/** Balances the wait for a network file system against the memory for long messages. */
const AT_ONCE = 4;
/** Characters shown on each side of the first word. */
const AROUND = 120;

export interface SearchDeps {
  files: StorageContext;
  folders: RecordFolders;
  ownerIndex: OwnerIndex;
  /** Milliseconds of a monotonic clock. */
  clock?: () => number;
}

export interface SearchResults {
  results: { conversation: Conversation; excerpts: Excerpt[] }[];
  /** False if a bound was reached. */
  complete: boolean;
}

export class Search {
  private readonly queue = new SearchQueue();
  private readonly pacer = new Pacer();

  constructor(private readonly deps: SearchDeps) {}

  /**
   * Conversations with all words in the title or in one message, most recently used first. Without words, those
   * that match the filters.
   *
   * @param client Whose turn it is, if it is known: see {@link SearchQueue}.
   * @throws VisibleError 429 or 503 if too many searches wait.
   */
  async find(
    ownerHash: string,
    query: string,
    signal: AbortSignal,
    client?: string,
    filters: SearchFilters = {},
  ): Promise<SearchResults> {
    const words = wordsOf(query);
    if (words.length === 0) return this.list(ownerHash, filters);
    const searcher = { owner: ownerHash, ...(client && { client }) };
    return this.queue.run(searcher, signal, () =>
      this.scan(ownerHash, words, signal, filters),
    );
  }

  private async list(
    ownerHash: string,
    filters: SearchFilters,
  ): Promise<SearchResults> {
    if (Object.values(filters).every((one) => one === undefined)) {
      return { results: [], complete: true };
    }
    const state = await this.deps.ownerIndex.read(ownerHash);
    const all = filtered(state, filters);
    const results = all.slice(0, MAX_LISTED).map((one) => ({
      conversation: toListedConversation(state, one),
      excerpts: [],
    }));
    return { results, complete: all.length <= MAX_LISTED };
  }

  private async scan(
    ownerHash: string,
    words: readonly string[],
    signal: AbortSignal,
    filters: SearchFilters,
  ): Promise<SearchResults> {
    const state = await this.deps.ownerIndex.read(ownerHash);
    const all = filtered(state, filters);
    const budget = createBudget(signal, this.deps.clock);
    const { isOver } = budget;
    const results: SearchResults["results"] = [];
    let next = 0;
    const isWithMessages = filters.titles !== "only";
    const most = isWithMessages ? MAX_CONVERSATIONS : all.length;
    while (next < Math.min(all.length, most)) {
      if (results.length >= MAX_RESULTS || isOver()) break;
      const some = all.slice(next, next + AT_ONCE);
      next += some.length;
      const found = some.map(async (one) => ({
        conversation: toListedConversation(state, one),
        excerpts: isWithMessages
          ? await this.excerpts(ownerHash, one, words, budget, filters)
          : [],
      }));
      results.push(...(await Promise.all(found)).filter(isResult(words)));
    }
    const sawAll = next >= all.length && !isOver();
    return {
      results: results.slice(0, MAX_RESULTS),
      complete: sawAll && results.length <= MAX_RESULTS,
    };
  }

  /** The newest messages that have all words, each cut to the part around the first of them. */
  private async excerpts(
    ownerHash: string,
    { settings }: ConversationState,
    words: readonly string[],
    budget: Budget,
    filters: SearchFilters,
  ): Promise<Excerpt[]> {
    const { isOver } = budget;
    const log = messageLogOf(this.deps, ownerHash, settings.id);
    const listing = await log.list();
    const excerpts: Excerpt[] = [];
    if (!listing) return excerpts;
    const shown = listing
      .between(1, listing.last)
      .filter(isNotDeleted(settings));
    const isRepeated = repetitions(log, listing, new Set(shown));
    if (isOver()) return excerpts;
    for await (const message of log.readInTurn(shown.toReversed(), listing)) {
      budget.spend(message.text.length);
      if (!isBetween(message.at, filters)) continue;
      const at = await this.locate(words, message.text, isOver);
      if (at !== undefined && !(await isRepeated(message))) {
        excerpts.push(toExcerpt(message, at));
      }
      if (excerpts.length === MAX_EXCERPTS || isOver()) break;
    }
    return excerpts;
  }

  /** The offset of the first of the words in a text; `undefined` if one is missing. */
  private async locate(
    words: readonly string[],
    text: string,
    isOver: () => boolean,
  ): Promise<number | undefined> {
    const missing = new Set(words);
    let first: number | undefined;
    for (const { at, slice } of slicesOf(text)) {
      if (isOver()) return undefined;
      // A slice takes milliseconds, in which no reply is streamed.
      const here = await this.pacer.run(() => wordsIn(slice, words));
      if (here) first ??= at + here.from;
      for (const word of here?.found ?? []) missing.delete(word);
      if (missing.size === 0) return first;
    }
    return undefined;
  }
}

/** The words that a text has, and where the first of them is; `undefined` if it has none. */
function wordsIn(
  text: string,
  words: readonly string[],
): { found: string[]; from: number } | undefined {
  const folded = fold(text);
  const found = words.filter((word) => folded.includes(word));
  if (found.length === 0) return undefined;
  return { found, from: rangesOf(found, text)[0]?.from ?? 0 };
}

interface Budget {
  /** @throws the signal's reason if the caller has gone. */
  isOver(this: void): boolean;
  spend(this: void, characters: number): void;
}

function createBudget(
  signal: AbortSignal,
  clock = () => performance.now(),
): Budget {
  const until = clock() + MAX_MS;
  let left = MAX_CHARACTERS;
  return {
    isOver: () => {
      signal.throwIfAborted();
      return left < 0 || clock() > until;
    },
    spend: (characters) => (left -= characters),
  };
}

function toExcerpt(message: Message, found: number): Excerpt {
  const { number, role, at, text } = message;
  const modelName = isPrompt(message) ? undefined : message.modelName;
  return { number, role, at, text: excerpt(text, found), modelName };
}

/** Cut between words, unless one is very long. */
function excerpt(text: string, at: number): string {
  const from = at <= AROUND ? 0 : wordStart(text, at - AROUND);
  const end = Math.min(text.length, at + AROUND);
  const to = end === text.length ? end : wordStart(text, end);
  return `${from > 0 ? "… " : ""}${text.slice(from, to).trim()}${
    to < text.length ? " …" : ""
  }`;
}

function wordStart(text: string, near: number): number {
  const space = text.slice(near, near + 30).search(/\s/);
  return space === -1 ? characterStart(text, near) : near + space + 1;
}

const isResult =
  (words: readonly string[]) =>
  ({ conversation, excerpts }: SearchResults["results"][number]) =>
    excerpts.length > 0 || hasWords(words, conversation.title);

/** A test for prompts that repeat the text of another version of their turn. */
const repetitions =
  (log: MessageLog, listing: LogListing, shown: ReadonlySet<number>) =>
  async (message: Message): Promise<boolean> => {
    if (!isPrompt(message) || message.insteadOf === undefined) return false;
    const branches = await log.readBranches(listing);
    const others = new TurnTree(branches, listing.last)
      .versionsOf(message.number)
      .filter((number) => number < message.number && shown.has(number));
    for await (const { text } of log.readInTurn(others, listing)) {
      if (text === message.text) return true;
    }
    return false;
  };
