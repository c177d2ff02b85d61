import type { Message } from "../../core/domain/records";
import { turnOf } from "../../core/domain/turns";
import type { LogListing } from "../../core/storage/log-listing";
import type { MessageLog } from "./message-log";

export interface PageBounds {
  /** The turn that the page has in any case; by default its last. */
  wanted?: number;
  /** Characters of all texts. Balances the number of pages against the time to parse one. */
  characters?: number | undefined;
}

/** Consecutive messages of a thread or a conversation. */
export interface MessageRange {
  messages: Message[];
  /** Their numbers, and those of messages that can't be read. */
  numbers: number[];
}

/**
 * Reads the messages with these ascending numbers that fit, without gaps and in whole turns: first up to half
 * of the characters after the wanted turn, then before it.
 */
export async function readBounded(
  log: MessageLog,
  listing: LogListing,
  numbers: number[],
  { wanted = Infinity, characters }: PageBounds,
): Promise<MessageRange> {
  if (characters === undefined) {
    return { messages: await log.readAll(numbers, listing), numbers };
  }
  const upTo = numbers.findLast((number) => turnOf(number) <= wanted);
  const kept = turnOf(upTo ?? numbers[0] ?? 1);
  const read = (some: number[], room: number) =>
    readWhileRoom(log.readInTurn(some, listing), room, kept);
  const after = await read(
    numbers.filter((number) => turnOf(number) > kept),
    characters / 2,
  );
  const before = await read(
    numbers.filter((number) => turnOf(number) <= kept).toReversed(),
    characters - sum(after.messages),
  );
  const isWhole = (number: number) =>
    turnOf(number) > (before.cut ?? 0) &&
    turnOf(number) < (after.cut ?? Infinity);
  return {
    messages: [...before.messages.toReversed(), ...after.messages].filter(
      ({ number }) => isWhole(number),
    ),
    numbers: numbers.filter(isWhole),
  };
}

/**
 * @param kept The messages of this turn are read in any case.
 * @returns Also the first turn that does not fit as a whole.
 */
async function readWhileRoom(
  messages: AsyncIterable<Message>,
  room: number,
  kept: number,
): Promise<{ messages: Message[]; cut?: number }> {
  const read: Message[] = [];
  let left = room;
  for await (const message of messages) {
    left -= lengthOf(message);
    const turn = turnOf(message.number);
    if (left < 0 && turn !== kept) return { messages: read, cut: turn };
    read.push(message);
  }
  return { messages: read };
}

const sum = (messages: readonly Message[]): number =>
  messages.reduce((total, message) => total + lengthOf(message), 0);

const lengthOf = (message: Message): number =>
  message.text.length +
  ("reasoning" in message ? (message.reasoning?.length ?? 0) : 0);
