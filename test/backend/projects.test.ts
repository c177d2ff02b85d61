import { randomUUID } from "node:crypto";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { operations } from "../../app/core/api/operations";
import { ConversationPage, Project } from "../../app/core/domain/records";
import { backend, useBackend, givenConversation } from "../support/fixtures";
import { callApi } from "../support/start-backend";
import { expectEventually, waitFor } from "../support/wait-for";

useBackend();

async function makeProject(owner: string, body: object): Promise<Project> {
  const answer = await callApi(backend, "POST", "/v1/projects", {
    owner,
    body,
  });
  expect(answer.status).toBe(201);
  return Project.parse(answer.body);
}

async function readPage(owner: string, id: string) {
  const path = `/v1/projects/${id}`;
  const { body } = await callApi(backend, "GET", path, { owner });
  return operations.readProject.answer.parse(body);
}

test("a refusal names the sentence of the catalogue, for other languages", async () => {
  const path = `/v1/projects/${"a".repeat(26)}`;
  const { status, body } = await callApi(backend, "GET", path, {
    owner: randomUUID(),
  });
  expect(status).toBe(404);
  expect(body).toMatchObject({
    detail: "This project does not exist, or it is not yours.",
    sentence: { key: "problem.notFound.project" },
  });
});

test("a project sums the usage of its conversations by model, also of those moved into it", async () => {
  const owner = randomUUID();
  const { id } = await makeProject(owner, { name: "Love" });
  await givenConversation(owner, { text: "Hello", project: id });
  const other = await givenConversation(owner, { text: "Write a list" });
  const before = await waitFor(async () => {
    const page = await readPage(owner, id);
    return page.usage.length > 0 && page;
  });
  expect(before.usage).toMatchObject([
    { model: "eliza/eliza", modelName: "Eliza", messages: 1 },
  ]);
  expect(before.usage[0]?.outputTokens).toBeGreaterThan(0);
  await callApi(backend, "PATCH", `/v1/conversations/${other.id}`, {
    owner,
    body: { project: id },
  });
  await expectEventually(async () => {
    const after = await readPage(owner, id);
    expect(after.conversations).toHaveLength(2);
    expect(after.usage).toMatchObject([{ messages: 2 }]);
  });
});

test("deleting a project keeps its conversations", async () => {
  const owner = randomUUID();
  const { id } = await makeProject(owner, { name: "Love" });
  const conversation = await givenConversation(owner, {
    text: "Hello",
    project: id,
  });
  const path = `/v1/projects/${id}`;
  expect((await callApi(backend, "DELETE", path, { owner })).status).toBe(204);
  expect((await callApi(backend, "GET", path, { owner })).status).toBe(404);
  const { body } = await callApi(
    backend,
    "GET",
    `/v1/conversations/${conversation.id}`,
    { owner },
  );
  expect(ConversationPage.parse(body).conversation.project).toBeNull();
  const list = await callApi(backend, "GET", "/v1/overview", { owner });
  const overview = operations.readOverview.answer.parse(list.body);
  expect(overview.projects).toEqual([]);
  expect(overview.conversations[0]?.project).toBeNull();
});

test("every prompt of a project's conversations includes its instructions", async () => {
  const owner = randomUUID();
  const instructions = "Answer in rhymes.";
  const { id } = await makeProject(owner, { name: "Love", instructions });
  const conversation = await givenConversation(owner, {
    text: "Hello",
    project: id,
  });
  const ownerHash = hashOf(owner);
  const prompt = await backend.parts.records.promptFor({
    ownerHash,
    conversation: conversation.id,
    number: 2,
  });
  expect(prompt.messages[0]?.role).toBe("system");
  expect(prompt.messages[0]?.text).toContain(instructions);
  expect(prompt.messages.at(-1)).toEqual({ role: "user", text: "Hello" });
});

test("another owner can neither read a project nor move a conversation into it", async () => {
  const { id } = await makeProject("ada", { name: "Mine" });
  const path = `/v1/projects/${id}`;
  const owner = "grace";
  for (const [method, body] of [
    ["GET", undefined],
    ["PATCH", { name: "Hers" }],
    ["DELETE", undefined],
  ] as const) {
    const answer = await callApi(backend, method, path, { owner, body });
    expect([method, answer.status]).toEqual([method, 404]);
  }
  const conversation = await givenConversation(owner, { text: "Hello" });
  const moved = await callApi(
    backend,
    "PATCH",
    `/v1/conversations/${conversation.id}`,
    { owner, body: { project: id } },
  );
  expect(moved.status).toBe(404);
});

test("a search covers only the owner's titles and messages", async () => {
  const owner = randomUUID();
  await givenConversation(owner, {
    text: `${"filler ".repeat(60)} the Élan vital of Bergson`,
  });
  await givenConversation(owner, { text: "Nothing of the kind" });
  await givenConversation(randomUUID(), { text: "elan vital" });
  const { body } = await callApi(
    backend,
    "GET",
    `/v1/search?q=${encodeURIComponent("VITAL elan")}`,
    { owner },
  );
  const { results, complete } = operations.search.answer.parse(body);
  expect(complete).toBe(true);
  expect(results).toHaveLength(1);
  const excerpt = results[0]?.excerpts.find(({ role }) => role === "user");
  expect(excerpt?.text).toContain("Élan vital");
  expect(excerpt?.text.length).toBeLessThan(300);
});

test("a project's name must show something", async () => {
  for (const name of [" ", "\u200b\u3164", "\u2800"]) {
    const body = { name };
    const answer = await callApi(backend, "POST", "/v1/projects", { body });
    expect([name, answer.status]).toEqual([name, 400]);
  }
});
