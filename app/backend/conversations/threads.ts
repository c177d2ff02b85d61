import type { Message } from "../../core/domain/records";
import type { Run, TurnTree } from "../../core/domain/turn-tree";
import { replyNumberOf, turnOf } from "../../core/domain/turns";
import type { LogListing } from "../../core/storage/log-listing";
import type { MessageLog } from "./message-log";

/** Messages after the wanted one that its page has, too. */
const AFTER_WANTED = 40;

export interface ThreadOptions {
  limit: number;
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
  { limit, before = Infinity, thread }: ThreadOptions,
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
  const end =
    isThere && before === Infinity
      ? below.findLastIndex((number) => number <= wanted + 1) + 1 + AFTER_WANTED
      : below.length;
  const page = below.slice(0, end).slice(-limit);
  // Half a turn at the beginning comes with the page before.
  if (page[0] !== undefined && page[0] !== all[0] && page[0] % 2 === 0) {
    page.shift();
  }
  return {
    tree,
    runs,
    last,
    messages: await log.readAll(page, listing),
    hasOlder: page[0] !== undefined && page[0] !== all[0],
    hasNewer: page.at(-1) !== all.at(-1),
  };
}
