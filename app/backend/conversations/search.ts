import { setImmediate as yieldToOthers } from "node:timers/promises";
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
import { firstVersion } from "../../core/domain/turns";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { ConversationState } from "../owner-index/owner-state";
import { toListedConversation } from "../owner-index/to-conversation";
import { messageLogOf } from "./message-log";

/*
 * Bounds of one search. The most recently used conversations come first, so the oldest are left
 * out.
 */
const MAX_CONVERSATIONS = 500;
const MAX_MS = 2_000;
const MAX_RESULTS = 50;
const MAX_EXCERPTS = 3;
/** Balances the wait for a network file system against concurrent reads. */
const AT_ONCE = 8;
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
  constructor(private readonly deps: SearchDeps) {}

  /** Conversations with all words in the title or in one message, most recently used first. */
  async find(
    ownerHash: string,
    query: string,
    signal: AbortSignal,
  ): Promise<SearchResults> {
    const state = await this.deps.ownerIndex.read(ownerHash);
    const all = state.listed();
    const words = wordsOf(query);
    if (words.length === 0) return { results: [], complete: true };
    const { clock = () => performance.now() } = this.deps;
    const until = clock() + MAX_MS;
    const isOver = () => {
      signal.throwIfAborted();
      return clock() > until;
    };
    const results: SearchResults["results"] = [];
    let next = 0;
    while (next < Math.min(all.length, MAX_CONVERSATIONS)) {
      if (results.length >= MAX_RESULTS || isOver()) break;
      const some = all.slice(next, next + AT_ONCE);
      next += some.length;
      const found = some.map(async (one) => ({
        conversation: toListedConversation(state, one),
        excerpts: await this.excerpts(ownerHash, one, words, isOver),
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
    isOver: () => boolean,
  ): Promise<Excerpt[]> {
    const log = messageLogOf(this.deps, ownerHash, settings.id);
    const messages = await log.readAll();
    const excerpts: Excerpt[] = [];
    const said = messages.filter(isFirstOfItsText(messages));
    for (const message of said.toReversed()) {
      if (excerpts.length === MAX_EXCERPTS || isOver()) break;
      const at = await locate(words, message.text, isOver);
      if (at !== undefined) excerpts.push(toExcerpt(message, at));
    }
    return excerpts;
  }
}

/** The offset of the first of the words in a text; `undefined` if one is missing. */
async function locate(
  words: readonly string[],
  text: string,
  isOver: () => boolean,
): Promise<number | undefined> {
  const missing = new Set(words);
  let first: number | undefined;
  for (const { at, slice } of slicesOf(text)) {
    if (isOver()) return undefined;
    const folded = fold(slice);
    const here = words.filter((word) => folded.includes(word));
    if (here.length > 0) first ??= at + (rangesOf(here, slice)[0]?.from ?? 0);
    for (const word of here) missing.delete(word);
    // A slice takes milliseconds, in which no reply is streamed.
    await yieldToOthers();
    if (missing.size === 0) return first;
  }
  return undefined;
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

/** Leaves out a prompt that repeats another version of its turn. */
const isFirstOfItsText =
  (messages: readonly Message[]) =>
  (message: Message): boolean =>
    !isPrompt(message) ||
    message.insteadOf === undefined ||
    !messages.some(
      (one) =>
        one.number < message.number &&
        firstVersion(one) === message.insteadOf &&
        one.text === message.text,
    );
