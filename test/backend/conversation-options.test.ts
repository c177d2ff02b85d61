import { randomUUID } from "node:crypto";
import path from "node:path";
import { z } from "zod";
import { nodeFileSystem } from "../../app/core/storage/file-system";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { limits } from "../../app/core/domain/records";
import type {
  ModelInfo,
  ModelProvider,
  ReplyOptions,
} from "../../app/backend/models/model";
import {
  givenConversation,
  readConversation,
  sendMessage,
  whenAnswered,
} from "../support/fixtures";
import {
  callApi,
  startBackend,
  type TestBackend,
} from "../support/start-backend";
import { VersionedDocument } from "../../app/core/storage/versioned-document";

const info = (name: string, maxTemperature?: number): ModelInfo => ({
  id: `eliza/${name}`,
  name: `Model ${name}`,
  provider: "eliza",
  description: "",
  contextTokens: 10_000,
  maxReplyTokens: 100,
  continues: false,
  ...(maxTemperature !== undefined && { maxTemperature }),
});

/** The options with which models were asked. */
const asked: ReplyOptions[] = [];

const provider: ModelProvider = {
  name: "eliza",
  listModels: () => Promise.resolve([info("hot", 2), info("cool")]),
  async *streamReply(_messages, options) {
    asked.push(options);
    yield { kind: "text", text: "Answer" };
    yield { kind: "stop", reason: "end" };
  },
};

let backend: TestBackend;
beforeAll(async () => {
  backend = await startBackend({ providers: [provider] });
});
afterAll(() => backend.stop());

const begin = (owner: string) =>
  givenConversation(owner, { text: "Hello" }, backend);

const change = (owner: string, id: string, body: object) =>
  callApi(backend, "PATCH", `/v1/conversations/${id}`, { owner, body });

/** The temperature with which the model is asked next. */
async function nextTemperature(owner: string, id: string) {
  await sendMessage(owner, id, { text: "More" }, { at: backend });
  await whenAnswered(owner, id, backend);
  return asked.at(-1)?.temperature;
}

/** The part of an answer that earlier versions of web accept. */
const Earlier = z.object({ temperature: z.number().min(0).max(1).nullable() });

const settingsOf = (owner: string, id: string) => {
  const storage = createStorageContext({ fileSystem: nodeFileSystem });
  const folders = recordFoldersIn(path.join(backend.directory, "records"));
  return new VersionedDocument(storage, folders.settings(hashOf(owner), id));
};

test("a temperature above 1 goes to a model that allows it, in a field that earlier versions ignore", async () => {
  const owner = randomUUID();
  const { id } = await begin(owner);
  const { body } = await change(owner, id, { temperature: 1.5 });
  expect(body).toMatchObject({ temperature: 1, exactTemperature: 1.5 });
  expect(await nextTemperature(owner, id)).toBe(1.5);
  for (const address of [`/v1/conversations/${id}`, "/v1/overview"]) {
    const answer = await callApi(backend, "GET", address, { owner });
    const { conversation, conversations } = answer.body as {
      conversation?: unknown;
      conversations?: unknown[];
    };
    const shown = conversation ?? conversations?.[0];
    expect(shown).toMatchObject({ exactTemperature: 1.5 });
    expect(() => Earlier.parse(shown)).not.toThrow();
  }
  const stored = await settingsOf(owner, id).read();
  expect(() => Earlier.parse(stored?.data)).not.toThrow();
});

test.each([0, 0.3, 1, null])(
  "a temperature of %p replaces one above 1",
  async (temperature) => {
    const owner = randomUUID();
    const { id } = await begin(owner);
    await change(owner, id, { temperature: 1.5 });
    const { body } = await change(owner, id, { temperature });
    expect(body).toMatchObject({ temperature });
    expect(body).not.toHaveProperty("exactTemperature");
    expect(await nextTemperature(owner, id)).toBe(temperature ?? undefined);
  },
);

test("the temperature that an earlier version of the program sets counts", async () => {
  const owner = randomUUID();
  const { id } = await begin(owner);
  await change(owner, id, { temperature: 1.5 });
  const document = settingsOf(owner, id);
  // It keeps the field that it does not know.
  await document.update((data) => ({ ...data, temperature: 0.2 }));
  expect(await nextTemperature(owner, id)).toBe(0.2);
});

test("a temperature beyond the model's bound is refused with the bound", async () => {
  const owner = randomUUID();
  const { id } = await begin(owner);
  const hot = await change(owner, id, { temperature: 2.1 });
  expect(hot.status).toBe(400);
  const cool = await change(owner, id, {
    model: "eliza/cool",
    temperature: 1.5,
  });
  expect(cool.status).toBe(422);
  expect(cool.body).toMatchObject({
    detail:
      "The temperature must be a number from 0 (predictable) to 1 (creative) for Model cool. Leave it empty for the model's default.",
  });
});

test("a model that allows less gets its bound, and the choice stays for the next model", async () => {
  const owner = randomUUID();
  const { id } = await begin(owner);
  await change(owner, id, { temperature: 1.5 });
  await change(owner, id, { model: "eliza/cool" });
  expect(await nextTemperature(owner, id)).toBe(1);
  await change(owner, id, { model: "eliza/hot" });
  expect(await nextTemperature(owner, id)).toBe(1.5);
});

test("the list of models has the bounds of each", async () => {
  const { body } = await callApi(backend, "GET", "/v1/models");
  expect(body).toMatchObject({
    models: [
      { name: "Model hot", maxTemperature: 2, maxReplyTokens: 100 },
      { name: "Model cool", maxReplyTokens: 100 },
    ],
  });
});

test("the conversation's instructions come last, and are in no list", async () => {
  const owner = randomUUID();
  const { id } = await begin(owner);
  const instructions = "Answer in rhymes.";
  const changed = await change(owner, id, { instructions });
  expect(changed.body).toMatchObject({ instructions });
  const page = await readConversation(owner, id, { at: backend });
  expect(page.conversation.instructions).toBe(instructions);
  const prompt = await backend.parts.records.promptFor({
    ownerHash: hashOf(owner),
    conversation: id,
    number: 2,
  });
  expect(prompt.messages[0]?.text).toMatch(/Answer in rhymes\.$/);
  const list = await callApi(backend, "GET", "/v1/overview", { owner });
  expect(JSON.stringify(list.body)).not.toContain(instructions);
  const removed = await change(owner, id, { instructions: "" });
  expect(removed.body).not.toHaveProperty("instructions");
  const tooLong = "é".repeat(limits.instructionsBytes / 2 + 1);
  const refused = await change(owner, id, { instructions: tooLong });
  expect(refused.status).toBe(413);
});

test("an option beyond the bound that stays as it is refuses no other change", async () => {
  const owner = randomUUID();
  const { id } = await begin(owner);
  await change(owner, id, { temperature: 1.5 });
  await change(owner, id, { model: "eliza/cool" });
  const form = { temperature: 1.5, maxTokens: null, instructions: "Be brief." };
  const { status, body } = await change(owner, id, form);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    exactTemperature: 1.5,
    instructions: "Be brief.",
  });
  expect((await change(owner, id, { temperature: 1.4 })).status).toBe(422);
});
