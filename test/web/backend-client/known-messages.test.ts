import type { ConversationPage } from "../../../app/core/domain/records";
import {
  joinPages,
  knownMessages,
} from "../../../app/web/backend-client/known-messages";

/** A page of messages with these numbers. */
const page = (numbers: number[], deletedTurns?: number[]) =>
  ({
    conversation: { id: "a", ...(deletedTurns && { deletedTurns }) },
    messages: numbers.map((number) => ({ number, text: `message ${number}` })),
    reply: null,
    hasOlder: false,
  }) as unknown as ConversationPage;

const numbersOf = ({ messages }: ConversationPage) =>
  messages.map(({ number }) => number);

test.each([
  [[], 0],
  [[1, 2, 3, 4], 4],
  [[7, 8], 8],
  // A reply that is still to come, and another thread, change what is after the gap.
  [[1, 2, 3, 5], 3],
  [[4, 9, 10], 4],
])("of the messages %j those up to %i never change", (numbers, known) => {
  expect(knownMessages(page(numbers))).toBe(known);
});

test("nothing is known of a conversation with deleted turns, which may be restored", () => {
  expect(knownMessages(page([1, 2], [3]))).toBe(0);
});

test("a page has what was known and what is new, and the newest of them alone", () => {
  const earlier = page([1, 2, 3, 5]);
  expect(numbersOf(joinPages(earlier, page([4, 5, 6]), 3, 10))).toEqual([
    1, 2, 3, 4, 5, 6,
  ]);
  expect(numbersOf(joinPages(earlier, page([4, 5, 6]), 3, 4))).toEqual([
    3, 4, 5, 6,
  ]);
  expect(numbersOf(joinPages(earlier, page([]), 3, 10))).toEqual([1, 2, 3]);
});

test("a page that goes back in the conversation, or lost a turn, is all that there is", () => {
  const earlier = page([1, 2, 3]);
  expect(numbersOf(joinPages(earlier, page([3, 7]), 3, 10))).toEqual([3, 7]);
  expect(numbersOf(joinPages(earlier, page([5], [3]), 3, 10))).toEqual([5]);
});

test("a page has no known message before its first one: longer messages leave less room", () => {
  const earlier = page([1, 2, 3, 4]);
  const found = { ...page([5, 6]), first: 3 };
  expect(numbersOf(joinPages(earlier, found, 4, 10))).toEqual([3, 4, 5, 6]);
  const cut = { ...page([7, 8]), first: 7 };
  expect(numbersOf(joinPages(earlier, cut, 4, 10))).toEqual([7, 8]);
});
