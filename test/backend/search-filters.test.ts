import { randomUUID } from "node:crypto";
import { MessageLog } from "../../app/backend/conversations/message-log";
import { Search } from "../../app/backend/conversations/search";
import type { SearchFilters } from "../../app/backend/conversations/search-filters";
import { OwnerIndex } from "../../app/backend/owner-index/owner-index";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { operations } from "../../app/core/api/operations";
import {
  callApi,
  startBackend,
  type TestBackend,
  temporaryDirectory,
} from "../support/start-backend";
import { createConversation, whenAnswered } from "../support/fixtures";
import { removeFolder, temporaryFolders } from "../support/temporary-folder";

const temporaryFolder = temporaryFolders();
const OWNER = "a".repeat(64);
const DAY = 86_400_000;
const BEGIN = Date.parse("2026-03-01T12:00:00.000Z");

let backend: TestBackend;
let directory: string;
let now = BEGIN;
let owner: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  backend = await startBackend({ directory, now: () => new Date(now) });
});
afterAll(async () => {
  await backend.stop();
  await removeFolder(directory);
});
beforeEach(() => {
  owner = randomUUID();
  now = BEGIN;
});

const at = (day: number) => new Date(BEGIN + day * DAY).toISOString();

/** Begins a conversation on a day. @returns Its id. */
async function begin(text: string, day: number, project?: string) {
  now = BEGIN + day * DAY;
  const { conversation } = await createConversation(
    owner,
    { text, project },
    backend,
  );
  await whenAnswered(owner, conversation.id, backend);
  return conversation.id;
}

async function search(query: Record<string, string>) {
  const route = `/v1/search?${new URLSearchParams(query).toString()}`;
  const answer = await callApi(backend, "GET", route, { owner });
  expect(answer.status).toBe(200);
  return operations.search.answer.parse(answer.body).results;
}

const idsOf = async (query: Record<string, string>) =>
  (await search(query)).map(({ conversation }) => conversation.id);

/** A search of conversations with prompts of given days, on a disk of its own. */
async function searchIn(
  conversations: Record<string, { text: string; day: number }[]>,
): Promise<(query: string, filters?: SearchFilters) => Promise<string[]>> {
  const files = createStorageContext();
  const folders = recordFoldersIn(await temporaryFolder());
  const ownerIndex = new OwnerIndex(files, folders);
  for (const [id, [first, ...others]] of Object.entries(conversations)) {
    const { text, day } = first!;
    await ownerIndex.append(OWNER, {
      kind: "conversation",
      version: 1,
      conversation: {
        id,
        title: text,
        model: "eliza",
        project: null,
        maxTokens: null,
        temperature: null,
        createdAt: at(day),
        deletedAt: null,
      },
    });
    const messages = new MessageLog(files, folders.messages(OWNER, id));
    await messages.addFirst({ text, at: at(day) });
    for (const other of others) {
      const prompt = { text: other.text, at: at(other.day) };
      await messages.addPrompt(prompt, async () => ({}));
      await ownerIndex.append(OWNER, { kind: "prompt", id, at: prompt.at });
    }
  }
  const { signal } = new AbortController();
  const searching = new Search({ files, folders, ownerIndex, clock: () => 0 });
  return async (query, filters) => {
    const found = await searching.find(
      OWNER,
      query,
      signal,
      undefined,
      filters,
    );
    return found.results.flatMap(({ conversation: { id }, excerpts }) => [
      id.slice(0, 1),
      ...excerpts.map(({ number }) => `${id.slice(0, 1)}${number}`),
    ]);
  };
}

const [A, B] = ["a".repeat(26), "b".repeat(26)];

test("a search without words lists what matches the filters, and nothing without filters", async () => {
  const find = await searchIn({
    [A]: [{ text: "a letter", day: 0 }],
    [B]: [{ text: "another", day: 31 }],
  });
  expect(await find("", { from: at(-1), until: at(60) })).toEqual(["b", "a"]);
  expect(await find("", { until: at(1) })).toEqual(["a"]);
  expect(await find("", { from: at(30) })).toEqual(["b"]);
  expect(await find("", { from: at(0), until: at(0) })).toEqual([]);
  expect(await find("", {})).toEqual([]);
  expect(await find("", { titles: "only" })).toEqual(["b", "a"]);
});

test("a search in days finds the messages of these days alone", async () => {
  const find = await searchIn({
    [A]: [
      { text: "the first letter", day: 0 },
      { text: "the second word", day: 10 },
      { text: "the third word", day: 20 },
    ],
  });
  expect(await find("word")).toEqual(["a", "a5", "a3"]);
  expect(await find("word", { until: at(15) })).toEqual(["a", "a3"]);
  expect(await find("word", { from: at(15) })).toEqual(["a", "a5"]);
  expect(await find("word", { from: at(11), until: at(19) })).toEqual([]);
  expect(await find("word", { from: at(21) })).toEqual([]);
  // The title is that of a conversation that was used then.
  expect(await find("letter", { from: at(5), until: at(6) })).toEqual(["a"]);
});

test("a search in titles reads no messages", async () => {
  const id = await begin("about birds", 0);
  now = BEGIN + 1;
  await callApi(backend, "POST", `/v1/conversations/${id}/messages`, {
    owner,
    body: { text: "and fish" },
  });
  await whenAnswered(owner, id, backend);
  expect(await idsOf({ q: "fish" })).toEqual([id]);
  expect(await idsOf({ q: "fish", titles: "only" })).toEqual([]);
  const [found] = await search({ q: "birds", titles: "only" });
  expect(found).toMatchObject({ conversation: { id }, excerpts: [] });
});

test("a search is kept to a project, and to archived conversations or the others", async () => {
  const made = await callApi(backend, "POST", "/v1/projects", {
    owner,
    body: { name: "Letters" },
  });
  const project = operations.createProject.answer.parse(made.body).id;
  const inside = await begin("a letter", 0, project);
  const outside = await begin("a letter", 1);
  await callApi(backend, "PATCH", `/v1/conversations/${outside}`, {
    owner,
    body: { archived: true },
  });
  expect(await idsOf({ q: "letter" })).toEqual([outside, inside]);
  expect(await idsOf({ q: "letter", project })).toEqual([inside]);
  expect(await idsOf({ project })).toEqual([inside]);
  expect(await idsOf({ q: "letter", archived: "only" })).toEqual([outside]);
  expect(await idsOf({ q: "letter", archived: "without" })).toEqual([inside]);
  owner = randomUUID();
  expect(await idsOf({ project })).toEqual([]);
});

test.each<Record<string, string>>([
  { from: "yesterday" },
  { project: "../x" },
  { titles: "all" },
  { q: "x".repeat(201) },
])("a search is refused with %j", async (query) => {
  const route = `/v1/search?${new URLSearchParams(query).toString()}`;
  expect((await callApi(backend, "GET", route, { owner })).status).toBe(400);
});
