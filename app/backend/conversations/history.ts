import { NotFoundError } from "../../core/domain/errors";
import { TurnTree } from "../../core/domain/turn-tree";
import { replyNumberOf } from "../../core/domain/turns";
import type { Message } from "../../core/domain/records";
import type { MessageLog } from "./message-log";

/** The thread that ends with a prompt, as a model is told. */
export interface History {
  /** From the prompt backwards. A few messages are in memory at a time. */
  newestFirst: AsyncIterable<Readonly<Message>>;
  /** The number of messages, those that can't be read included. */
  length: number;
  /** The number of older versions of the prompt. */
  earlierVersions: number;
}

/** @param isShown False for messages to leave out, unless it is the prompt itself. */
export async function readHistory(
  log: MessageLog,
  prompt: number,
  isShown: (message: number) => boolean,
): Promise<History> {
  const listing = await log.listUpTo(prompt);
  if (!listing) throw new NotFoundError("conversation");
  const tree = new TurnTree(await log.readBranches(listing), prompt);
  const numbers = tree
    .threadTo(prompt)
    .flatMap(({ from, to }) => listing.between(from, replyNumberOf(to)))
    .filter((n) => n <= prompt && (n === prompt || isShown(n)));
  return {
    newestFirst: log.readInTurn(numbers.toReversed(), listing),
    length: numbers.length,
    earlierVersions: tree.versionsOf(prompt).filter((n) => n < prompt).length,
  };
}
