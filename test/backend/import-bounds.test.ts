import { randomUUID } from "node:crypto";
import { limits } from "../../app/core/domain/records";
import {
  assistant,
  chatGptConversation,
  user,
} from "../support/chatgpt-export";
import {
  backend,
  createConversation,
  listConversations,
  readConversation,
  useBackend,
} from "../support/fixtures";
import { beginImport, continueImport, importAll } from "../support/imports";
import { callApi, startBackend } from "../support/start-backend";

useBackend();

const AT = "2024-01-01T00:00:00.000Z";

const turn = (reply: object = {}) => [
  { number: 1, role: "user", text: "Hi", at: AT },
  { number: 2, role: "assistant", text: "Yes.", at: AT, ...reply },
];

const first = async (owner: string) => {
  const { conversations } = await listConversations(owner);
  return readConversation(owner, conversations[0]!.id);
};

it("cuts and cleans the instructions of a conversation, and says so", async () => {
  const owner = randomUUID();
  const instructions = `a\0\ud800${"é".repeat(limits.instructionsBytes)}`;
  const file = { conversations: [{ instructions, messages: turn() }] };
  const made = await importAll(backend, file, { owner });
  expect(made.notes).toEqual([{ title: "", reasons: ["cutTexts"] }]);
  const { conversation } = await first(owner);
  expect(conversation.instructions).toMatch(/^a\ufffdé+…$/u);
  const bytes = Buffer.byteLength(conversation.instructions ?? "");
  expect(bytes).toBeLessThanOrEqual(limits.instructionsBytes);
  expect(bytes).toBeGreaterThan(limits.instructionsBytes - 100);
});

it("cleans and bounds all texts of a reply", async () => {
  const owner = randomUUID();
  const long = "x".repeat(5 * 1024 ** 2);
  const reply = { reasoning: `a\0${long}`, reason: `b\0${long}` };
  const names = { model: `c\0${"y".repeat(1_000)}`, modelName: "\u202eName" };
  const file = { conversations: [{ messages: turn({ ...reply, ...names }) }] };
  const made = await importAll(backend, file, { owner });
  expect(made.notes).toEqual([{ title: "", reasons: ["cutTexts"] }]);
  const { messages } = await first(owner);
  const { reasoning = "" } = messages[1] as { reasoning?: string };
  // Millions of characters are too many for a pattern.
  expect(reasoning.slice(0, 3)).toBe("axx");
  expect(reasoning.slice(-2)).toBe("x…");
  expect(reasoning.length).toBeLessThan(long.length);
  expect(messages[1]).toMatchObject({
    reason: expect.stringMatching(/^bx{900,999}…$/) as string,
    model: expect.stringMatching(/^cy{190,199}$/) as string,
    modelName: "Name",
  });
});

const projectIds = ["b", "c"].map((letter) => letter.repeat(26));

it("imports conversations of projects that are beyond the limits", async () => {
  const owner = randomUUID();
  const projects = [
    { id: 7, name: {} },
    { id: projectIds[0], name: "Long", instructions: "é".repeat(10_000) },
    { id: projectIds[1], name: " \u202e " },
  ];
  const conversations = projectIds.map((project, n) => ({
    title: `${n}`,
    project,
    messages: turn(),
  }));
  const made = await importAll(backend, { projects, conversations }, { owner });
  expect(made).toMatchObject({ done: 2, imported: 2 });
  expect(made.notes).toEqual([{ title: "0", reasons: ["cutTexts"] }]);
  const { body } = await callApi(backend, "GET", "/v1/overview", { owner });
  expect(body).toMatchObject({ projects: [{ name: "Long" }] });
});

const chat = (title: string, text = title) =>
  chatGptConversation(title, [user(text), assistant("x")]);

it("refuses a file that is larger than what its owner may still store", async () => {
  const small = await startBackend({ env: { MEGABYTES_PER_OWNER: "1" } });
  const owner = randomUUID();
  const file = [chat("Long", "x".repeat(1024 ** 2))];
  const { status, problem } = await beginImport(small, file, { owner });
  expect(status).toBe(403);
  expect(problem).toContain("1 MB");
  await small.stop();
});

it("waits before a conversation for which there is no room", async () => {
  const small = await startBackend({ env: { MEGABYTES_PER_OWNER: "1" } });
  const owner = randomUUID();
  const file = [chat("Short"), chat("Long", "x".repeat(700_000))];
  const { begun } = await beginImport(small, file, { owner });
  const text = "y".repeat(500_000);
  const { conversation } = await createConversation(owner, { text }, small);
  const made = await continueImport(small, begun.id, owner);
  expect(made).toMatchObject({ done: 1, imported: 1, problem: "limit" });
  const path = `/v1/conversations/${conversation.id}`;
  await callApi(small, "DELETE", path, { owner });
  const end = await continueImport(small, begun.id, owner);
  expect(end).toMatchObject({ done: 2, imported: 2 });
  await small.stop();
});

it("answers a repeated request without another upload", async () => {
  const owner = randomUUID();
  const given = { owner, key: "k" };
  const made = await importAll(backend, [chat("A")], given);
  const again = await beginImport(backend, "not even a file", given);
  expect(again).toMatchObject({ status: 201, begun: made });
});

it("begins another import with the idempotency key of a deleted one", async () => {
  const owner = randomUUID();
  const given = { owner, key: "k" };
  const ids = new Set<string>();
  for (const title of ["A", "B", "C"]) {
    const made = await importAll(backend, [chat(title)], given);
    expect(made).toMatchObject({ done: 1, imported: 1 });
    ids.add(made.id);
    const path = `/v1/imports/${made.id}`;
    await callApi(backend, "DELETE", path, { owner });
    const { status } = await callApi(backend, "POST", `${path}/continue`, {
      owner,
    });
    expect(status).toBe(404);
  }
  expect(ids.size).toBe(3);
  const { body } = await callApi(backend, "GET", "/v1/imports", { owner });
  expect(body).toEqual({ imports: [] });
});
