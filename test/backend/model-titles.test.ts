import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { hashOf } from "../../app/core/storage/layout/hashes";
import type { ModelProvider } from "../../app/backend/models/model";
import {
  givenConversation,
  readConversation,
  whenAnswered,
} from "../support/fixtures";
import {
  callApi,
  startBackend,
  type TestBackend,
} from "../support/start-backend";
import { waitFor } from "../support/wait-for";

const owner = randomUUID();
let backend: TestBackend;
let asked: string[] = [];
let title = "";
let beforeTitle: () => Promise<unknown> = () => Promise.resolve();

/** A model of a server: real models propose titles. */
const provider = (name: ModelProvider["name"]): ModelProvider => ({
  name,
  listModels: () =>
    Promise.resolve([
      {
        id: `${name}/atlas`,
        name: "Atlas",
        provider: name,
        description: "",
        contextTokens: 10_000,
        maxReplyTokens: 1_000,
        continues: true,
      },
    ]),
  async *streamReply(messages) {
    const text = messages.at(-1)?.text ?? "";
    asked.push(text);
    const isTitle = text.startsWith("Write a title");
    if (isTitle) await beforeTitle();
    yield { kind: "text", text: isTitle ? title : "Walk along the river." };
    yield { kind: "stop", reason: "end" };
  },
});

async function begin(
  name: ModelProvider["name"] = "openai",
  env: Record<string, string> = {},
): Promise<void> {
  backend = await startBackend({ providers: [provider(name)], env });
}

beforeEach(() => {
  asked = [];
  title = '**"A walk in Lisbon"**\n';
  beforeTitle = () => Promise.resolve();
});
afterEach(() => backend.stop());

const titleNow = async (id: string) =>
  (await readConversation(owner, id, { at: backend })).conversation.title;

const versionsOf = (id: string) =>
  readdir(
    recordFoldersIn(`${backend.directory}/records`).settings(hashOf(owner), id),
  );

it("is proposed by the model after the first reply, without its markup", async () => {
  await begin();
  const body = { text: "What is there to see in Lisbon in one day?" };
  const { id } = await givenConversation(owner, body, backend);
  await waitFor(async () => (await titleNow(id)) === "A walk in Lisbon");
  await callApi(backend, "POST", `/v1/conversations/${id}/messages`, {
    owner,
    body: { text: "And at night?" },
  });
  await whenAnswered(owner, id, backend);
  expect(asked.filter((text) => text.startsWith("Write"))).toHaveLength(1);
});

it("does not replace a title that a person gives meanwhile", async () => {
  await begin();
  title = "";
  const { id } = await givenConversation(owner, { text: "Where?" }, backend);
  await waitFor(async () => asked.length === 2);
  title = "Proposed";
  beforeTitle = () =>
    callApi(backend, "PATCH", `/v1/conversations/${id}`, {
      owner,
      body: { title: "Mine" },
    });
  const before = (await versionsOf(id)).length;
  await backend.parts.titles.propose(hashOf(owner), id);
  expect(asked).toHaveLength(3);
  expect(await titleNow(id)).toBe("Mine");
  // The person's own: the model's is not one.
  expect(await versionsOf(id)).toHaveLength(before + 1);
  await backend.parts.titles.propose(hashOf(owner), id);
  expect(asked).toHaveLength(3);
});

it.each([
  ["of the built-in model", "eliza", {}],
  ["if they are switched off", "openai", { MODEL_TITLES: "off" }],
] as const)("is not asked for %s", async (_, name, env) => {
  await begin(name, env);
  const { id } = await givenConversation(owner, { text: "Where?" }, backend);
  expect(await titleNow(id)).toBe("Where?");
  expect(asked).toEqual(["Where?"]);
});
