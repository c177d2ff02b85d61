import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { operations } from "../../app/core/api/operations";
import { limits } from "../../app/core/domain/records";
import {
  backend,
  createConversation,
  detailOf,
  givenConversation,
  listConversations,
  readConversation,
  sendMessage,
  useBackend,
  whenListed,
} from "../support/fixtures";
import { callApi, startBackend } from "../support/start-backend";

useBackend();

interface Place {
  pinned?: boolean;
  archived?: boolean;
}

const put = (owner: string, id: string, body: Place, at = backend) =>
  callApi(at, "PATCH", `/v1/conversations/${id}`, { owner, body });

const overview = async (
  owner: string,
  at = backend,
): Promise<z.output<typeof operations.readOverview.answer>> => {
  const answer = await callApi(at, "GET", "/v1/overview", { owner });
  return operations.readOverview.answer.parse(answer.body);
};

const ids = (list: { id: string }[] = []) => list.map(({ id }) => id);

/** Conversations whose replies have ended, the newest first. */
async function make(owner: string, count: number): Promise<string[]> {
  const made: string[] = [];
  for (let index = 0; index < count; index++) {
    const { id } = await givenConversation(owner);
    await whenListed(owner, id);
    made.unshift(id);
  }
  return made;
}

test("pinned conversations are in the overview, last pinned first, also beyond its page, and keep their place in the list", async () => {
  const owner = randomUUID();
  const all = await make(owner, 3);
  const [newest = "", middle = "", oldest = ""] = all;
  for (const id of [middle, oldest, middle]) {
    expect((await put(owner, id, { pinned: true })).status).toBe(200);
  }
  const short = await callApi(backend, "GET", "/v1/overview?limit=1", {
    owner,
  });
  const { pinned, conversations } = operations.readOverview.answer.parse(
    short.body,
  );
  expect(ids(pinned)).toEqual([oldest, middle]);
  expect(ids(conversations)).toEqual([newest]);
  expect(ids((await listConversations(owner)).conversations)).toEqual(all);
  await put(owner, oldest, { pinned: false });
  expect(ids((await overview(owner)).pinned)).toEqual([middle]);
  expect(ids((await overview(owner)).conversations)).toEqual(all);
});

test("a pinned conversation more than the limit is refused with a sentence", async () => {
  const owner = randomUUID();
  const all: string[] = [];
  for (let made = 0; made <= limits.pinnedConversations; made++) {
    all.push((await givenConversation(owner)).id);
  }
  const answers = await Promise.all(
    all.map((id) => put(owner, id, { pinned: true })),
  );
  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused.map(({ status }) => status)).toEqual([409]);
  expect(detailOf(refused[0]!)).toBe(
    "You have pinned 20 conversations, and no more can be pinned. Unpin one first.",
  );
  const pinned = ids((await overview(owner)).pinned);
  expect(pinned).toHaveLength(limits.pinnedConversations);
  // Pinned again, it is no further one.
  expect((await put(owner, pinned[0]!, { pinned: true })).status).toBe(200);
});

test("a conversation that is restored when no more can be pinned comes back without its pin", async () => {
  const owner = randomUUID();
  const all: string[] = [];
  for (let made = 0; made <= limits.pinnedConversations; made++) {
    all.push((await givenConversation(owner)).id);
  }
  const [deleted = "", ...others] = all;
  await put(owner, deleted, { pinned: true });
  const path = `/v1/conversations/${deleted}`;
  await callApi(backend, "DELETE", path, { owner });
  for (const id of others) await put(owner, id, { pinned: true });
  await callApi(backend, "POST", `${path}/restore`, { owner });
  const { pinned, conversations } = await overview(owner);
  expect(ids(pinned)).not.toContain(deleted);
  expect(ids(conversations)).toContain(deleted);
});

test("an archived conversation leaves the lists, and opens, is found and counts as before", async () => {
  const owner = randomUUID();
  const [kept = "", archived = ""] = await make(owner, 2);
  await put(owner, archived, { pinned: true });
  expect((await put(owner, archived, { archived: true })).body).toMatchObject({
    archivedAt: expect.any(String),
  });
  expect(ids((await listConversations(owner)).conversations)).toEqual([kept]);
  const only = await listConversations(owner, "?archived=only");
  expect(ids(only.conversations)).toEqual([archived]);
  const both = await listConversations(owner, "?archived=with");
  expect(ids(both.conversations)).toEqual([kept, archived]);
  const { pinned, quotas } = await overview(owner);
  expect(pinned).toEqual([]);
  expect(quotas?.conversations.used).toBe(2);
  expect((await readConversation(owner, archived)).messages).toHaveLength(2);
  const found = await callApi(backend, "GET", "/v1/search?q=hello", { owner });
  const { results } = operations.search.answer.parse(found.body);
  expect(ids(results.map(({ conversation }) => conversation))).toEqual([
    kept,
    archived,
  ]);
  await put(owner, archived, { archived: false });
  expect(ids((await listConversations(owner)).conversations)).toEqual([
    kept,
    archived,
  ]);
});

test("an archived conversation is in the archive alone: a pin takes it out", async () => {
  const owner = randomUUID();
  const [id = ""] = await make(owner, 1);
  await put(owner, id, { archived: true });
  await put(owner, id, { pinned: true });
  expect(ids((await overview(owner)).pinned)).toEqual([id]);
  const only = await listConversations(owner, "?archived=only");
  expect(only.conversations).toEqual([]);
});

test("a new message, a queued one and another answer take a conversation out of the archive", async () => {
  const owner = randomUUID();
  const { conversation } = await createConversation(owner, {
    text: "a long answer, please",
  });
  const { id } = conversation;
  const archive = async () => {
    await put(owner, id, { archived: true });
    const { conversations } = await listConversations(owner);
    expect(conversations).toEqual([]);
  };
  const isListed = async () =>
    expect(ids((await listConversations(owner)).conversations)).toEqual([id]);
  await archive();
  await sendMessage(owner, id, { text: "Queued", queue: true });
  await isListed();
  await whenListed(owner, id);
  await archive();
  await sendMessage(owner, id, { text: "Sent" });
  await isListed();
  await whenListed(owner, id);
  const { messages } = await readConversation(owner, id);
  const last = messages.at(-1)?.number ?? 0;
  await archive();
  const again = `/v1/conversations/${id}/replies/${last}/regenerate`;
  expect((await callApi(backend, "POST", again, { owner })).status).toBe(201);
  await isListed();
  await archive();
  const refused = await sendMessage(owner, id, {
    text: "No",
    follows: 3,
    insteadOf: 99,
  });
  expect(refused.status).toBe(404);
  const only = await listConversations(owner, "?archived=only");
  expect(ids(only.conversations)).toEqual([id]);
});

test("an archived conversation of a project leaves the project's list, and its usage stays", async () => {
  const owner = randomUUID();
  const made = await callApi(backend, "POST", "/v1/projects", {
    owner,
    body: { name: "Letters" },
  });
  const project = operations.createProject.answer.parse(made.body).id;
  const { id } = await givenConversation(owner, { text: "Hello", project });
  await whenListed(owner, id);
  await put(owner, id, { archived: true });
  const read = await callApi(backend, "GET", `/v1/projects/${project}`, {
    owner,
  });
  const page = operations.readProject.answer.parse(read.body);
  expect(page.conversations).toEqual([]);
  expect(page.usage).toMatchObject([{ messages: 1 }]);
});

test("another process sees a pin and an archived conversation at once", async () => {
  const other = await startBackend({ directory: backend.directory });
  const owner = randomUUID();
  const [pinned = "", archived = ""] = await make(owner, 2);
  await overview(owner, other);
  await put(owner, pinned, { pinned: true });
  await put(owner, archived, { archived: true }, other);
  for (const at of [backend, other]) {
    const read = await overview(owner, at);
    expect(ids(read.pinned)).toEqual([pinned]);
    expect(ids(read.conversations)).toEqual([pinned]);
  }
  await other.stop();
});
