import {
  isPrompt,
  type Message,
  type Prompt,
  type Reply,
} from "../../core/domain/records";
import { TurnTree } from "../../core/domain/turn-tree";
import { replyNumberOf, turnOf } from "../../core/domain/turns";
import type { StoredConversation } from "../../core/storage/layout/owner-events";
import type { StoredLink } from "../../core/storage/layout/shared-links";
import type { LogListing } from "../../core/storage/log-listing";
import type { MessageLog } from "../conversations/message-log";

/** The part of a stored link that says which messages it shows. */
export type SharedThread = Pick<
  StoredLink,
  "runs" | "last" | "without" | "messages"
>;

/** The thread through a message as it is now; by default the newest thread. */
export async function threadNow(
  log: MessageLog,
  listing: LogListing,
  { deletedTurns = [] }: StoredConversation,
  through?: number,
): Promise<SharedThread> {
  const branches = await log.readBranches(listing);
  const tree = new TurnTree(branches, turnOf(listing.last));
  const end = through === undefined ? tree.newest : turnOf(through);
  const runs = tree.threadTo(tree.newestThrough(Math.min(end, tree.newest)));
  const without = deletedTurns.length > 0 ? deletedTurns : undefined;
  const thread = { runs, last: listing.last, without, messages: 0 };
  const messages = numbersOf(thread, listing, () => true).length;
  return { ...thread, messages };
}

/** The numbers of a shared thread's messages, oldest first, without those of turns deleted since. */
export function numbersOf(
  { runs, last, without }: SharedThread,
  listing: LogListing,
  isShown: (message: number) => boolean,
): number[] {
  const gone = new Set(without);
  return runs
    .flatMap(({ from, to }) => listing.between(from, replyNumberOf(to)))
    .filter((number) => number <= last && !gone.has(turnOf(number)))
    .filter(isShown);
}

/**
 * A message as visitors of a link see it: without reasoning, usage, and the place in the conversation. Failed
 * replies are left out.
 */
export function toShared(message: Message): Message[] {
  if (isPrompt(message)) return [sharedPrompt(message)];
  return message.outcome === "failed" ? [] : [sharedReply(message)];
}

const sharedPrompt = ({ number, role, text, at, files }: Prompt): Prompt => ({
  number,
  role,
  text,
  at,
  ...(files && { files }),
});

const sharedReply = (reply: Reply): Reply => {
  const { number, role, text, at, model, modelName, outcome } = reply;
  return { number, role, text, at, model, modelName, outcome };
};
