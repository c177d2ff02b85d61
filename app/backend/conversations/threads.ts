import type { Message } from "../../core/domain/records";
import type { Run, TurnTree } from "../../core/domain/turn-tree";
import { replyNumberOf, turnOf } from "../../core/domain/turns";
import type { LogListing } from "../../core/storage/log-listing";
import { readBounded } from "./bounded-page";
import type { MessageLog } from "./message-log";

export interface ThreadOptions {
  /** The most messages. */
  limit: number;
  /** The most characters of the texts; a page has whole turns, at least one. */
  characters?: number;
  /** Only messages with lower numbers. */
  before?: number;
  /** A message that the thread must have; 0 for the newest thread. */
  thread: number;
}

export interface ThreadPart {
  tree: TurnTree;
  messages: Message[];
  /** The numbers of the thread's turns. */
  runs: Run[];
  hasOlder: boolean;
  hasNewer: boolean;
  /** The last turn of the thread. */
  last: number;
}

/** Reads a part of one thread: by default its end. */
export async function readThread(
  log: MessageLog,
  listing: LogListing,
  { limit, before = Infinity, thread, characters }: ThreadOptions,
  isShown: (message: number) => boolean,
): Promise<ThreadPart> {
  const tree = await log.readTree(listing);
  const wanted = turnOf(thread);
  const isThere = thread > 0 && wanted <= tree.newest;
  const last = isThere ? tree.newestThrough(wanted) : tree.newest;
  const runs = tree.threadTo(last);
  const all = runs
    .flatMap((run) => listing.between(run.from, replyNumberOf(run.to)))
    .filter(isShown);
  const below = all.filter((number) => number < before);
  const hasWanted = isThere && before === Infinity;
  // The wanted message is in the middle of its page.
  const end = hasWanted
    ? below.findLastIndex((number) => number <= wanted + 1) +
      1 +
      Math.floor(limit / 2)
    : below.length;
  const page = below.slice(0, end).slice(-limit);
  // Half a turn at the beginning comes with the page before.
  if (page[0] !== undefined && page[0] !== all[0] && page[0] % 2 === 0) {
    page.shift();
  }
  const { messages, numbers } = await readBounded(log, listing, page, {
    characters,
    ...(hasWanted && { wanted }),
  });
  return {
    tree,
    runs,
    last,
    messages,
    hasOlder: numbers[0] !== undefined && numbers[0] !== all[0],
    hasNewer: numbers.at(-1) !== all.at(-1),
  };
}
