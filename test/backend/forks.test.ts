import { randomUUID } from "node:crypto";
import { Conversation, limits } from "../../app/core/domain/records";
import {
  backend,
  createConversation,
  detailOf,
  givenConversation,
  listConversations,
  readConversation,
  sendMessage,
  useBackend,
  whenAnswered,
} from "../support/fixtures";
import { callApi, startBackend } from "../support/start-backend";
import { download, upload } from "../support/upload";

useBackend();

interface Request {
  key?: string;
  at?: typeof backend;
}

const forkRaw = (
  owner: string,
  id: string,
  message: number,
  { key, at = backend }: Request = {},
) =>
  callApi(at, "POST", `/v1/conversations/${id}/forks`, {
    owner,
    body: { message },
    headers: key === undefined ? {} : { "idempotency-key": key },
  });

async function fork(
  owner: string,
  id: string,
  message: number,
  request?: Request,
): Promise<Conversation> {
  const answer = await forkRaw(owner, id, message, request);
  expect(answer.status).toBe(201);
  return Conversation.parse(answer.body);
}

const textsOf = async (owner: string, id: string) =>
  (await readConversation(owner, id)).messages.map(({ text }) => text);

/** A conversation of these turns. */
async function converse(owner: string, ...texts: string[]): Promise<string> {
  const [first = "", ...others] = texts;
  const { id } = await givenConversation(owner, { text: first });
  for (const text of others) {
    await sendMessage(owner, id, { text });
    await whenAnswered(owner, id);
  }
  return id;
}

it("makes a conversation with the messages up to a reply, which goes on by itself", async () => {
  const owner = randomUUID();
  const id = await converse(owner, "Rome", "Paris", "Oslo");
  const before = await readConversation(owner, id);
  const made = await fork(owner, id, 4);
  expect(made).toMatchObject({ title: "Rome (2)", model: "eliza/eliza" });
  const page = await readConversation(owner, made.id);
  expect(page.messages).toEqual(before.messages.slice(0, 4));
  expect(page.reply).toBeNull();
  await sendMessage(owner, made.id, { text: "Bern" });
  await whenAnswered(owner, made.id);
  expect((await textsOf(owner, made.id))[4]).toBe("Bern");
  expect(await readConversation(owner, id)).toEqual(before);
  const { conversations } = await listConversations(owner);
  expect(conversations.map(({ title }) => title)).toEqual(["Rome (2)", "Rome"]);
});

it("answers a prompt from which it was forked again", async () => {
  const owner = randomUUID();
  const id = await converse(owner, "Rome", "Paris");
  const made = await fork(owner, id, 3);
  const { messages } = await whenAnswered(owner, made.id);
  expect(messages).toHaveLength(4);
  expect(messages[2]).toMatchObject({ role: "user", text: "Paris" });
  expect(messages[3]).toMatchObject({ role: "assistant", model: made.model });
});

it("copies one thread: the followed versions, without deleted messages", async () => {
  const owner = randomUUID();
  const id = await converse(owner, "One", "Two", "Three");
  await sendMessage(owner, id, { text: "Two again", insteadOf: 3 });
  await whenAnswered(owner, id);
  await sendMessage(owner, id, { text: "Four" });
  await whenAnswered(owner, id);
  await callApi(backend, "DELETE", `/v1/conversations/${id}/turns/1`, {
    owner,
  });
  const prompts = async (made: Conversation) =>
    (await textsOf(owner, made.id)).filter((_, index) => index % 2 === 0);
  expect(await prompts(await fork(owner, id, 10))).toEqual([
    "Two again",
    "Four",
  ]);
  expect(await prompts(await fork(owner, id, 6))).toEqual(["Two", "Three"]);
  const made = await fork(owner, id, 8);
  const { conversation, thread } = await readConversation(owner, made.id, {
    query: "?thread=0",
  });
  expect(conversation.deletedTurns).toBeUndefined();
  expect(thread).toMatchObject({ branches: [], newest: 1 });
});

it("gives a fork files of its own, which stay when the original goes", async () => {
  const owner = randomUUID();
  const { file } = await upload(backend, "shared text", { owner });
  const { conversation } = await createConversation(owner, {
    text: "See",
    files: [file.id],
  });
  await whenAnswered(owner, conversation.id);
  const made = await fork(owner, conversation.id, 2);
  const { messages } = await readConversation(owner, made.id);
  expect(messages[0]).toMatchObject({ files: [file] });
  await callApi(backend, "DELETE", `/v1/conversations/${conversation.id}`, {
    owner,
  });
  const found = await download(backend, made.id, file.id, owner);
  expect(found.content.toString()).toBe("shared text");
});

it("keeps settings and project, and is counted in the owner's quota", async () => {
  const owner = randomUUID();
  const id = await converse(owner, "Rome");
  const project = (
    await callApi(backend, "POST", "/v1/projects", {
      owner,
      body: { name: "Trips" },
    })
  ).body as { id: string };
  await callApi(backend, "PATCH", `/v1/conversations/${id}`, {
    owner,
    body: { project: project.id, maxTokens: 50, temperature: 0.5 },
  });
  const bytes = async () => {
    const { body } = await callApi(backend, "GET", "/v1/overview", { owner });
    const { quotas } = body as { quotas: { bytes: { used: number } } };
    return quotas.bytes.used;
  };
  const before = await bytes();
  const made = await fork(owner, id, 2);
  expect(made).toMatchObject({
    project: project.id,
    maxTokens: 50,
    temperature: 0.5,
  });
  expect(await bytes()).toBe(2 * before);
});

it("makes one conversation of a repeated request", async () => {
  const owner = randomUUID();
  const id = await converse(owner, "Rome");
  const first = await fork(owner, id, 2, { key: "k" });
  const again = await fork(owner, id, 2, { key: "k" });
  expect(again.id).toBe(first.id);
  expect((await fork(owner, id, 2, { key: "l" })).id).not.toBe(first.id);
  expect((await listConversations(owner)).conversations).toHaveLength(3);
});

it("numbers the titles of forks of forks, within the length of a title", async () => {
  const owner = randomUUID();
  const id = await converse(owner, "Rome");
  const second = await fork(owner, id, 2);
  expect((await fork(owner, second.id, 2)).title).toBe("Rome (3)");
  const title = "x".repeat(limits.titleLength);
  await callApi(backend, "PATCH", `/v1/conversations/${id}`, {
    owner,
    body: { title },
  });
  const made = await fork(owner, id, 2);
  expect(made.title).toHaveLength(limits.titleLength);
  expect(made.title).toMatch(/^x+ \(2\)$/);
});

test.each([
  ["a message that does not exist", 9],
  ["a deleted message", 2],
])("refuses to fork from %s", async (_, message) => {
  const owner = randomUUID();
  const id = await converse(owner, "Rome", "Paris");
  await callApi(backend, "DELETE", `/v1/conversations/${id}/turns/1`, {
    owner,
  });
  expect((await forkRaw(owner, id, message)).status).toBe(404);
});

it("refuses to fork the conversation of another owner", async () => {
  const owner = randomUUID();
  const id = await converse(owner, "Rome");
  expect((await forkRaw(randomUUID(), id, 2)).status).toBe(404);
});

it("refuses to fork from a reply that is being written, and forks from its prompt", async () => {
  const slow = await startBackend({ env: { ELIZA_DELAY_MS: "50" } });
  const owner = randomUUID();
  const { conversation } = await createConversation(
    owner,
    { text: "Write a long answer about patience" },
    slow,
  );
  const { id } = conversation;
  await sendMessage(owner, id, { text: "Later", queue: true }, { at: slow });
  expect((await forkRaw(owner, id, 2, { at: slow })).status).toBe(404);
  const made = await fork(owner, id, 1, { at: slow });
  const page = await readConversation(owner, made.id, { at: slow });
  expect(page.messages).toHaveLength(1);
  expect(page.reply?.status).toBe("writing");
  expect(page.queue).toEqual([]);
  await slow.stop();
});

it("refuses a fork beyond the limit of conversations", async () => {
  const small = await startBackend({ env: { CONVERSATIONS_PER_OWNER: "1" } });
  const owner = randomUUID();
  const { id } = await givenConversation(owner, { text: "Rome" }, small);
  const answer = await forkRaw(owner, id, 2, { at: small });
  expect(answer.status).toBe(403);
  expect(detailOf(answer)).toContain("limit of 1 conversations");
  await small.stop();
});

it("answers a repeated fork although the first one has reached the limit", async () => {
  const small = await startBackend({ env: { CONVERSATIONS_PER_OWNER: "2" } });
  const owner = randomUUID();
  const { id } = await givenConversation(owner, { text: "Rome" }, small);
  const request = { key: "k", at: small };
  const first = await fork(owner, id, 2, request);
  expect((await fork(owner, id, 2, request)).id).toBe(first.id);
  await small.stop();
});
