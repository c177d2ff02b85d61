import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { limits, type Message } from "../../app/core/domain/records";
import { elementLimits } from "../../app/backend/imports/find-elements";
import {
  assistant,
  chatGptConversation,
  node,
  user,
} from "../support/chatgpt-export";
import {
  backend,
  givenConversation,
  listConversations,
  readConversation,
  sendMessage,
  useBackend,
  whenAnswered,
} from "../support/fixtures";
import { beginImport, continueImport, importAll } from "../support/imports";
import { callApi, startBackend } from "../support/start-backend";

useBackend();

/** The messages of the owner's only conversation. */
async function onlyOne(owner: string) {
  const { conversations } = await listConversations(owner);
  expect(conversations).toHaveLength(1);
  const page = await readConversation(owner, conversations[0]!.id, {
    query: "?messages=200&thread=0",
  });
  expect(page.reply).toBeNull();
  return page;
}

const said = (messages: readonly Message[]) =>
  messages.map(({ role, text }) => [role, text]);

it("imports a conversation of ChatGPT with its texts, times and models", async () => {
  const owner = randomUUID();
  const file = [
    chatGptConversation("A trip", [
      { role: "system", text: "hidden" },
      user("Where?", { at: 1_700_000_100 }),
      assistant("To Rome.", { at: 1_700_000_160.5 }),
    ]),
  ];
  const made = await importAll(backend, file, { owner });
  expect(made).toMatchObject({ total: 1, done: 1, imported: 1, notes: [] });
  const { conversation, messages } = await onlyOne(owner);
  expect(conversation).toMatchObject({
    title: "A trip",
    model: "eliza/eliza",
    createdAt: "2023-11-14T22:13:20.000Z",
  });
  expect(messages).toMatchObject([
    { text: "Where?", at: "2023-11-14T22:15:00.000Z" },
    {
      text: "To Rome.",
      at: "2023-11-14T22:16:00.500Z",
      modelName: "gpt-4o",
      outcome: "complete",
    },
  ]);
});

it("answers the next message of an imported conversation", async () => {
  const owner = randomUUID();
  await importAll(
    backend,
    [chatGptConversation("A", [user("1"), assistant("2")])],
    { owner },
  );
  const { conversation } = await onlyOne(owner);
  await sendMessage(owner, conversation.id, { text: "More" });
  const page = await whenAnswered(owner, conversation.id);
  expect(page.messages).toHaveLength(4);
  expect(page.messages[2]).toMatchObject({ number: 3, text: "More" });
});

it("makes versions of the branches, and shows the current one", async () => {
  const owner = randomUUID();
  const mapping = {
    ...node("root", null, null),
    ...node("a", "root", user("One")),
    ...node("b1", "a", assistant("First answer")),
    ...node("b2", "a", assistant("Second answer")),
    ...node("c", "b1", user("Two")),
    ...node("d", "c", assistant("Two answered")),
    ...node("c2", "b2", user("Two, edited")),
    ...node("d2", "c2", assistant("Edited answered")),
  };
  const file = [
    chatGptConversation("Tree", [], { mapping, current_node: "d" }),
  ];
  expect(await importAll(backend, file, { owner })).toMatchObject({
    imported: 1,
  });
  const page = await onlyOne(owner);
  expect(said(page.messages)).toEqual([
    ["user", "One"],
    ["assistant", "First answer"],
    ["user", "Two"],
    ["assistant", "Two answered"],
  ]);
  const all = await readConversation(owner, page.conversation.id);
  expect(said(all.messages)).toEqual([
    ["user", "One"],
    ["assistant", "Second answer"],
    ["user", "Two, edited"],
    ["assistant", "Edited answered"],
    ...said(page.messages),
  ]);
  expect(page.thread?.branches).toEqual([{ number: 5, insteadOf: 1 }]);
});

it("joins neighbours of one role, and leaves out what ChatGPT does not show", async () => {
  const owner = randomUUID();
  const file = [
    chatGptConversation("Tools", [
      user("Look it up"),
      user("please"),
      {
        role: "assistant",
        content: {
          content_type: "thoughts",
          thoughts: [{ summary: "s", content: "I should look." }],
        },
      },
      assistant("search('x')", { recipient: "browser" }),
      { role: "tool", text: "a page" },
      assistant("Found \ue200cite\ue202turn0search0\ue201it【3†source】."),
      assistant("And this:", {
        metadata: { is_visually_hidden_from_conversation: true },
      }),
      {
        role: "assistant",
        content: { content_type: "code", language: "python", text: "print(1)" },
      },
      {
        role: "user",
        content: {
          content_type: "multimodal_text",
          parts: [
            { content_type: "image_asset_pointer", asset_pointer: "x" },
            "What is it?",
          ],
        },
      },
    ]),
  ];
  const made = await importAll(backend, file, { owner });
  expect(made.notes).toEqual([{ title: "Tools", reasons: ["files"] }]);
  const { messages } = await onlyOne(owner);
  expect(said(messages)).toEqual([
    ["user", "Look it up\n\nplease"],
    ["assistant", "Found it.\n\n```python\nprint(1)\n```"],
    ["user", "What is it?"],
    ["assistant", ""],
  ]);
  expect(messages[1]).toMatchObject({ reasoning: "I should look." });
  expect(messages[3]).toMatchObject({ outcome: "stopped" });
});

it("restores what our own export has", async () => {
  const owner = randomUUID();
  const { id } = await givenConversation(owner, { text: "One" });
  for (const text of ["Two", "Three"]) {
    await sendMessage(owner, id, { text });
    await whenAnswered(owner, id);
  }
  await sendMessage(owner, id, { text: "Two, edited", insteadOf: 3 });
  await whenAnswered(owner, id);
  await sendMessage(owner, id, { text: "Deleted" });
  await whenAnswered(owner, id);
  await callApi(backend, "DELETE", `/v1/conversations/${id}/turns/9`, {
    owner,
  });
  const original = await readConversation(owner, id);
  const { conversation, messages } = original;
  const project = {
    id: "b".repeat(26),
    name: "Trips",
    instructions: "Be brief.",
  };
  const file = {
    format: 1,
    projects: [project],
    conversations: [
      { ...conversation, project: project.id, temperature: 0.5, messages },
    ],
  };
  const other = randomUUID();
  expect(await importAll(backend, file, { owner: other })).toMatchObject({
    imported: 1,
  });
  const { conversations } = await listConversations(other);
  const [made] = conversations;
  expect(made).toMatchObject({
    title: "One",
    model: conversation.model,
    temperature: 0.5,
    createdAt: conversation.createdAt,
    updatedAt: conversation.updatedAt,
  });
  const restored = await readConversation(other, made!.id);
  expect(restored.messages).toEqual(messages);
  const { body } = await callApi(backend, "GET", "/v1/overview", {
    owner: other,
  });
  expect(body).toMatchObject({
    projects: [{ id: made!.project, name: "Trips", instructions: "Be brief." }],
  });
  // Its owner has it already.
  const again = await importAll(backend, file, { owner });
  expect(again).toMatchObject({
    imported: 0,
    skipped: 1,
    notes: [{ reasons: ["here"] }],
  });
});

it("recognises what was imported before, here and in the bin", async () => {
  const owner = randomUUID();
  const file = ["A", "B", "B"].map((title) =>
    chatGptConversation(title, [user(title), assistant("x")]),
  );
  const first = await importAll(backend, file, { owner });
  expect(first).toMatchObject({ imported: 2, skipped: 1 });
  const { conversations } = await listConversations(owner);
  const a = conversations.find(({ title }) => title === "A");
  await callApi(backend, "DELETE", `/v1/conversations/${a?.id}`, { owner });
  const second = await importAll(backend, file, { owner, key: "another" });
  expect(second).toMatchObject({ imported: 0, skipped: 3 });
  expect(second.notes.map(({ reasons }) => reasons)).toEqual([
    ["deleted"],
    ["here"],
    ["here"],
  ]);
});

const secondsOf = (days: number) => 1_700_000_000 + 86_400 * days;

it("lists imported conversations by the time of their last messages", async () => {
  const owner = randomUUID();
  await givenConversation(owner, { text: "Today" });
  const file = [2, 3, 1].map((days) =>
    chatGptConversation(`Day ${days}`, [user("x"), assistant("y")], {
      update_time: secondsOf(days),
    }),
  );
  await importAll(backend, file, { owner });
  const titles = async (query: string) => {
    const { conversations, next } = await listConversations(owner, query);
    return [conversations.map(({ title }) => title), next] as const;
  };
  const [first, next] = await titles("?limit=2");
  expect(first).toEqual(["Today", "Day 3"]);
  expect((await titles(`?cursor=${next}`))[0]).toEqual(["Day 2", "Day 1"]);
});

it("lists each of many conversations of the same time once, page by page", async () => {
  const owner = randomUUID();
  const file = Array.from({ length: 102 }, (_, n) =>
    chatGptConversation(`Same time ${n}`, [user("x"), assistant("y")], {
      update_time: secondsOf(1),
    }),
  );
  await importAll(backend, file, { owner });
  const ids: string[] = [];
  let cursor = "";
  do {
    const query = `?limit=10${cursor}`;
    const { conversations, next } = await listConversations(owner, query);
    ids.push(...conversations.map(({ id }) => id));
    cursor = next === null ? "" : `&cursor=${next}`;
  } while (cursor !== "");
  expect(ids).toHaveLength(102);
  expect(new Set(ids).size).toBe(102);
});

it("says what it waits for at a limit, and goes on when there is room", async () => {
  const small = await startBackend({ env: { CONVERSATIONS_PER_OWNER: "1" } });
  const owner = randomUUID();
  const file = ["A", "B"].map((title) =>
    chatGptConversation(title, [user(title), assistant("x")]),
  );
  const made = await importAll(small, file, { owner });
  expect(made).toMatchObject({ done: 1, finishedAt: null });
  expect(made.problem).toBe("limit");
  const { conversations } = await listConversations(owner, "", small);
  await callApi(small, "DELETE", `/v1/conversations/${conversations[0]?.id}`, {
    owner,
  });
  const end = await continueImport(small, made.id, owner);
  expect(end).toMatchObject({ done: 2, imported: 2 });
  expect(end.problem).toBeUndefined();
  await small.stop();
});

const listOf = async (of: string) =>
  (await callApi(backend, "GET", "/v1/imports", { owner: of })).body;

it("keeps one import that is not done, and gives none to another owner", async () => {
  const owner = randomUUID();
  const file = [chatGptConversation("A", [user("1"), assistant("2")])];
  const { begun } = await beginImport(backend, file, { owner, key: "k" });
  expect((await beginImport(backend, file, { owner, key: "k" })).begun.id).toBe(
    begun.id,
  );
  const second = await beginImport(backend, file, { owner });
  expect(second.status).toBe(409);
  const stranger = randomUUID();
  const path = `/v1/imports/${begun.id}`;
  expect(
    (await callApi(backend, "POST", `${path}/continue`, { owner: stranger }))
      .status,
  ).toBe(404);
  await callApi(backend, "DELETE", path, { owner: stranger });
  expect(await listOf(stranger)).toEqual({ imports: [] });
  expect(await listOf(owner)).toMatchObject({ imports: [{ id: begun.id }] });
  await callApi(backend, "DELETE", path, { owner });
  expect(await listOf(owner)).toEqual({ imports: [] });
  expect(
    (await callApi(backend, "POST", `${path}/continue`, { owner })).status,
  ).toBe(404);
});

it("is erased with all data of its owner", async () => {
  const owner = randomUUID();
  const file = [chatGptConversation("A", [user("1"), assistant("2")])];
  const { begun } = await beginImport(backend, file, { owner });
  await callApi(backend, "DELETE", "/v1/owner", { owner });
  const path = `/v1/imports/${begun.id}/continue`;
  expect((await callApi(backend, "POST", path, { owner })).status).toBe(404);
  expect((await listConversations(owner)).conversations).toEqual([]);
});

/** A conversation of our own format: a few branches, then many short prompts. */
function branched(branches: number, prompts: number) {
  const at = "2024-01-01T00:00:00.000Z";
  const messages = Array.from({ length: branches + prompts }, (_, index) => ({
    number: 2 * index + 1,
    role: "user",
    text: "a",
    at,
    // Each follows a reply that is not the one before.
    ...(index > 1 && index < branches && { follows: 2 * index - 2 }),
  }));
  return { conversations: [{ title: "Branched", messages }] };
}

it("stores the branches of a conversation once, however many prompts it has", async () => {
  const owner = randomUUID();
  await importAll(backend, branched(300, 700), { owner });
  const { thread, conversation } = await onlyOne(owner);
  expect(thread?.branches.length).toBeGreaterThan(250);
  const records = recordFoldersIn(join(backend.directory, "records"));
  const folder = records.messages(hashOf(owner), conversation.id);
  const { size } = await stat(join(folder, "1-2000"));
  expect(size).toBeLessThan(1_000_000);
});

it("counts the reasoning of imported replies", async () => {
  const owner = randomUUID();
  const at = "2024-01-01T00:00:00.000Z";
  const messages = [
    { number: 1, role: "user", text: "Hi", at },
    {
      number: 2,
      role: "assistant",
      text: "Yes",
      reasoning: "r".repeat(1_000),
      at,
      model: "m",
      modelName: "M",
      outcome: "complete",
    },
  ];
  await importAll(backend, { conversations: [{ messages }] }, { owner });
  const { body } = await callApi(backend, "GET", "/v1/overview", { owner });
  expect(body).toMatchObject({ quotas: { bytes: { used: 1_005 } } });
});

describe("a file that can't be imported", () => {
  const unknown = "no conversations that can be read";
  test.each([
    ["an empty file", "", unknown],
    ["text", "hello", unknown],
    ["an object", "{}", unknown],
    ["no list", '{"conversations":{}}', unknown],
    ["a list too deep", '{"a":{"conversations":[{}]}}', unknown],
    ["an empty list", "[]", "has no conversations"],
    ["no element", '{"conversations":[ ]}', "has no conversations"],
    ["half a file", '[{"title":"cut', "ends early"],
    ["a bracket too many", "[}", unknown],
    ["an archive", "PK\u0003\u0004zip", "Unpack it"],
    [
      "too many elements",
      `[${"0,".repeat(elementLimits.elements + 1)}0]`,
      "more than 100,000",
    ],
    [
      "a long head",
      `{"x":"${"y".repeat(elementLimits.headBytes)}","conversations":[{}]}`,
      unknown,
    ],
  ])("is refused with a sentence: %s", async (_, content, sentence) => {
    const owner = randomUUID();
    const { status, problem } = await beginImport(backend, content, { owner });
    expect(status).toBe(422);
    expect(problem).toContain(sentence);
    const { body } = await callApi(backend, "GET", "/v1/imports", { owner });
    expect(body).toEqual({ imports: [] });
  });

  it("is refused if it is too long", async () => {
    const { importBytes } = limits;
    Object.assign(limits, { importBytes: 1_000 });
    const { status, problem } = await beginImport(
      backend,
      `[${" ".repeat(2_000)}]`,
      { owner: "x" },
    );
    Object.assign(limits, { importBytes });
    expect(status).toBe(413);
    expect(problem).toContain("may have");
  });
});

const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

const nodes = (count: number) =>
  Object.assign(
    {},
    ...Array.from({ length: count }, (_, n) =>
      node(`n${n}`, `n${n - 1}`, user(`${n}`)),
    ),
  ) as object;

describe("hostile conversations", () => {
  const around = chatGptConversation("Good", [user("1"), assistant("2")]);

  test.each<[string, string, string]>([
    ["a number", "7", "invalid"],
    ["a string", '"x"', "invalid"],
    ["null", "null", "invalid"],
    ["no JSON", "{,}", "invalid"],
    ["a mapping that is a list", '{"mapping":[]}', "invalid"],
    ["messages that are none", '{"messages":[1,null,{"role":"x"}]}', "empty"],
    ["deep nesting", deep(elementLimits.depth + 1), "tooLong"],
    [
      "many objects",
      `{"a":[${"{},".repeat(elementLimits.openings)}{}]}`,
      "tooLong",
    ],
    [
      "a huge string",
      `{"title":"${"x".repeat(elementLimits.elementBytes)}"}`,
      "tooLong",
    ],
    ["too many nodes", JSON.stringify({ mapping: nodes(20_001) }), "tooLong"],
    [
      "a cycle",
      JSON.stringify({
        title: "c",
        mapping: { ...node("a", "b", user("1")), ...node("b", "a", user("2")) },
      }),
      "empty",
    ],
    [
      "its own parent",
      JSON.stringify({ mapping: { ...node("a", "a", null) } }),
      "empty",
    ],
    ["no UTF-8", '{"title":"\ufffe"}', "invalid"],
  ])("%s are left out, and the others are imported", async (_, bad, reason) => {
    const owner = randomUUID();
    const text = `[${bad}, ${JSON.stringify(around)}]`;
    const bytes = Buffer.from(text);
    if (bad.includes("\ufffe"))
      bytes.set([0xff, 0xff], bytes.indexOf("\ufffe"));
    const made = await importAll(backend, bytes, { owner });
    expect(made).toMatchObject({ total: 2, done: 2, imported: 1, skipped: 1 });
    expect(made.notes[0]?.reasons).toEqual([reason]);
    expect((await onlyOne(owner)).conversation.title).toBe("Good");
  });

  it("cleans titles, times and names, and keeps the conversation", async () => {
    const owner = randomUUID();
    const bad = chatGptConversation(
      `\u202e../a\0b\n${"x".repeat(1_000)}`,
      [
        user("1\0", { at: 1e300 }),
        assistant("2", { at: -5, model: "\u202emodel" }),
      ],
      { create_time: "yesterday", update_time: 9e15, current_node: { a: 1 } },
    );
    await importAll(backend, [bad], { owner });
    const { conversation, messages } = await onlyOne(owner);
    expect(conversation.title).toMatch(/^\.\.\/ab x+$/);
    expect(conversation.title).toHaveLength(limits.titleLength);
    expect(messages[0]).toMatchObject({ text: "1" });
    expect(Math.abs(Date.now() - Date.parse(messages[0]!.at))).toBeLessThan(
      600_000,
    );
    expect(messages[1]).toMatchObject({ modelName: "model" });
  });

  it("takes names of objects for nothing else", async () => {
    const owner = randomUUID();
    const text = `[{"__proto__":{"messages":[]},"mapping":{"__proto__":{"message":null},"constructor":{"parent":"toString","message":{"author":{"role":"user"},"content":{"content_type":"text","parts":["hi"]}}}}}]`;
    expect(await importAll(backend, text, { owner })).toMatchObject({
      imported: 1,
    });
    expect((await onlyOne(owner)).messages[0]).toMatchObject({ text: "hi" });
  });

  it("bounds versions and branches, and keeps the current thread", async () => {
    const owner = randomUUID();
    const mapping = Object.assign(
      node("root", null, null),
      ...Array.from({ length: 60 }, (_, n) => ({
        ...node(`u${n}`, "root", user(`Version ${n}`)),
        ...node(`a${n}`, `u${n}`, assistant("x")),
      })),
    ) as object;
    const file = [
      chatGptConversation("Many", [], { mapping, current_node: "a50" }),
    ];
    const made = await importAll(backend, file, { owner });
    expect(made.notes).toEqual([{ title: "Many", reasons: ["versions"] }]);
    const page = await onlyOne(owner);
    expect(page.messages[0]).toMatchObject({ text: "Version 50" });
    const all = await readConversation(owner, page.conversation.id);
    expect(all.messages).toHaveLength(2 * limits.versions);
  });

  it("refuses settings of our own format that no conversation can have", async () => {
    const owner = randomUUID();
    const message = {
      number: 1,
      role: "user",
      text: "Hi",
      at: "2024-01-01T00:00:00.000Z",
    };
    const file = {
      conversations: [
        {
          id: "../../x",
          title: 5,
          model: "no/such",
          project: "x",
          temperature: 99,
          maxTokens: -1,
          importedFrom: { import: "x" },
          deletedAt: "2024-01-01T00:00:00.000Z",
          messages: [
            message,
            { ...message, number: 2 },
            { ...message, number: 1e99 },
            message,
          ],
        },
      ],
    };
    expect(await importAll(backend, file, { owner })).toMatchObject({
      imported: 1,
    });
    const { conversation, messages } = await onlyOne(owner);
    expect(conversation).toMatchObject({
      title: "Hi",
      model: "eliza/eliza",
      project: null,
      temperature: null,
      maxTokens: null,
      deletedAt: null,
    });
    expect(messages).toHaveLength(2);
  });
});
