import { randomUUID } from "node:crypto";
import {
  assistant,
  chatGptConversation,
  node,
  type Spoken,
  user,
} from "../support/chatgpt-export";
import {
  backend,
  listConversations,
  readConversation,
  useBackend,
} from "../support/fixtures";
import { importAll } from "../support/imports";

useBackend();

/** Limits the work: where it grows with the square of a file's length, an import takes many minutes. */
const LIMIT_MS = 60_000;

const LEAVES = 19_000;
const MEGABYTE = 1024 ** 2;

/** A tree with a prompt in two parts, and many ends. */
function manyEnds(first: { id: string; text: string }, end: Spoken | null) {
  const mapping = {
    [first.id]: node("a", null, user(first.text))["a"],
    ...node("b", first.id, user("And this")),
  };
  for (let n = 0; n < LEAVES; n++)
    Object.assign(mapping, node(`${n}`, "b", end));
  return chatGptConversation("Ends", [], { mapping, current_node: "0" });
}

test.each<[string, object, object]>([
  [
    "the id of a node that they share is long",
    manyEnds({ id: "i".repeat(7 * MEGABYTE), text: "Hi" }, null),
    { notes: [] },
  ],
  [
    "a node that they share is long and blank",
    manyEnds({ id: "a", text: " ".repeat(4 * MEGABYTE) }, null),
    { notes: [] },
  ],
  [
    "the text that they share is long",
    manyEnds({ id: "a", text: "x".repeat(4 * MEGABYTE) }, assistant("Yes.")),
    { notes: [{ reasons: ["versions"] }] },
  ],
])(
  "a conversation with many ends is imported in bounded time: %s",
  async (_, conversation, expected) => {
    const owner = randomUUID();
    const made = await importAll(backend, [conversation], { owner });
    expect(made).toMatchObject({ imported: 1, ...expected });
  },
  LIMIT_MS,
);

it("bounds the text that versions of a turn repeat", async () => {
  const owner = randomUUID();
  const long = manyEnds(
    { id: "a", text: "x".repeat(4 * MEGABYTE) },
    assistant("Yes."),
  );
  await importAll(backend, [long], { owner });
  const { conversations } = await listConversations(owner);
  const { thread } = await readConversation(owner, conversations[0]!.id, {
    query: "?messages=1&thread=0",
  });
  expect(thread?.branches.length).toBeLessThan(5);
});

it("takes what is no id of a node for none", async () => {
  const owner = randomUUID();
  const mapping = { ...node("a", null, user("Hi")), ...node("b", "a", null) };
  Object.assign(mapping.b!, { parent: { toString: 1 } });
  const odd = chatGptConversation("Odd", [], {
    mapping,
    current_node: { toString: 1, valueOf: 1 },
  });
  const made = await importAll(backend, [odd], { owner });
  expect(made).toMatchObject({ imported: 1, skipped: 0 });
});

const AT = "2024-01-01T00:00:00.000Z";

const prompt = (number: number, text: string, others: object = {}) => ({
  number,
  role: "user",
  text,
  at: AT,
  ...others,
});

test(
  "turns that follow missing ones are imported in bounded time, after the nearest that is there",
  async () => {
    const owner = randomUUID();
    const conversations = Array.from({ length: 60 }, (_copy, copy) => ({
      title: `Gap ${copy}`,
      messages: [
        prompt(1, "First"),
        ...Array.from({ length: 490 }, (_one, n) =>
          prompt(999_001 + 2 * n, `Later ${n}`, { follows: 990_000 }),
        ),
      ],
    }));
    const made = await importAll(backend, { conversations }, { owner });
    expect(made).toMatchObject({ imported: 60, skipped: 0 });
    const listed = await listConversations(owner);
    const page = await readConversation(owner, listed.conversations[0]!.id, {
      query: "?messages=200&thread=0",
    });
    const prompts = page.messages.filter(({ role }) => role === "user");
    expect(prompts.map(({ text }) => text)).toEqual(["First", "Later 489"]);
  },
  LIMIT_MS,
);
