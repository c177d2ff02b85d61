import { setImmediate as others } from "node:timers/promises";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import {
  type Conversation,
  type Excerpt,
  isPrompt,
  type Message,
} from "../../core/domain/records";
import { firstVersion } from "../../core/domain/turns";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { ConversationState } from "../owner-index/owner-state";
import { toListedConversation } from "../owner-index/to-conversation";
import { messageLogOf } from "./message-log";
import { excerpt, finder, type Finder } from "./words";

/*
 * One search may take so much work, whatever the owner has. The last used conversations are
 * looked through first, so what is left out is the oldest.
 */
const MAX_CONVERSATIONS = 500;
const MAX_MS = 2_000;
const MAX_RESULTS = 50;
const MAX_EXCERPTS = 3;
/** Balances the wait for a network file system against the reads under way at once. */
const AT_ONCE = 8;

export interface SearchDeps {
  files: StorageContext;
  folders: RecordFolders;
  ownerIndex: OwnerIndex;
}

export interface SearchResults {
  results: { conversation: Conversation; excerpts: Excerpt[] }[];
  /** Whether everything was looked through. */
  complete: boolean;
}

/** Looks for words in an owner's titles and messages. */
export class Search {
  constructor(private readonly parts: SearchDeps) {}

  /**
   * The conversations whose title has all words, or one of whose messages has; the last used
   * first.
   */
  async find(
    ownerHash: string,
    query: string,
    signal: AbortSignal,
  ): Promise<SearchResults> {
    const state = await this.parts.ownerIndex.read(ownerHash);
    const all = state.listed();
    const find = finder(query);
    const until = performance.now() + MAX_MS;
    const isOver = () => {
      signal.throwIfAborted();
      return performance.now() > until;
    };
    const results: SearchResults["results"] = [];
    let next = 0;
    while (next < Math.min(all.length, MAX_CONVERSATIONS)) {
      if (results.length >= MAX_RESULTS || isOver()) break;
      const some = all.slice(next, next + AT_ONCE);
      next += some.length;
      const found = some.map(async (one) => ({
        conversation: toListedConversation(state, one),
        excerpts: await this.excerpts(ownerHash, one, find, isOver),
      }));
      results.push(...(await Promise.all(found)).filter(isResult(find)));
    }
    const sawAll = next >= all.length && !isOver();
    return {
      results: results.slice(0, MAX_RESULTS),
      complete: sawAll && results.length <= MAX_RESULTS,
    };
  }

  /** The newest messages that have all words, each cut to the part around them. */
  private async excerpts(
    ownerHash: string,
    { settings }: ConversationState,
    find: Finder,
    isOver: () => boolean,
  ): Promise<Excerpt[]> {
    const log = messageLogOf(this.parts, ownerHash, settings.id);
    const messages = await log.readAll();
    const excerpts: Excerpt[] = [];
    const said = messages.filter(isSaidHere(messages));
    for (const { number, role, at: time, text } of said.toReversed()) {
      if (excerpts.length === MAX_EXCERPTS || isOver()) break;
      const at = find(text);
      if (at !== undefined) {
        excerpts.push({ number, role, at: time, text: excerpt(text, at) });
      }
      // A long message takes milliseconds, in which no reply is streamed.
      await others();
    }
    return excerpts;
  }
}

const isResult =
  (find: Finder) =>
  ({ conversation, excerpts }: SearchResults["results"][number]) =>
    excerpts.length > 0 || find(conversation.title) !== undefined;

/** A prompt that was asked again as it was is found once: where it was said. */
const isSaidHere =
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
