import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { nodeFileSystem } from "../../app/core/storage/file-system";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { VersionedDocument } from "../../app/core/storage/versioned-document";
import {
  limits,
  OwnerSettings,
  SavedPrompt,
} from "../../app/core/domain/records";
import { backend, givenConversation, useBackend } from "../support/fixtures";
import {
  callApi,
  startBackend,
  type TestBackend,
} from "../support/start-backend";

useBackend();

const read = async (owner: string, at = backend) => {
  const { body } = await callApi(at, "GET", "/v1/settings", { owner });
  return OwnerSettings.parse(body);
};

const instruct = (owner: string, instructions: string, at = backend) =>
  callApi(at, "PATCH", "/v1/settings", { owner, body: { instructions } });

const PROMPTS = "/v1/settings/prompts";

async function add(
  owner: string,
  name: string,
  { at = backend, text = "Some text", headers = {} } = {},
): Promise<SavedPrompt> {
  const body = { name, text };
  const answer = await callApi(at, "POST", PROMPTS, { owner, body, headers });
  expect(answer.status).toBe(201);
  return SavedPrompt.parse(answer.body);
}

const folderOf = (owner: string) =>
  recordFoldersIn(path.join(backend.directory, "records")).ownerSettings(
    hashOf(owner),
  );

async function withOther(work: (other: TestBackend) => Promise<void>) {
  const other = await startBackend({ directory: backend.directory });
  await work(other);
  await other.stop();
}

test("an owner without settings has empty ones, and no folder", async () => {
  const owner = randomUUID();
  expect(await read(owner)).toEqual({ instructions: "", savedPrompts: [] });
  await callApi(backend, "DELETE", `${PROMPTS}/${"a".repeat(26)}`, { owner });
  await expect(readdir(folderOf(owner))).rejects.toThrow("ENOENT");
});

test("settings are saved, and found by another process and by no other owner", async () => {
  const owner = randomUUID();
  expect((await instruct(owner, "Be brief.")).status).toBe(200);
  const { id } = await add(owner, "Translate", { text: "To French: " });
  const whole = {
    instructions: "Be brief.",
    savedPrompts: [{ id, name: "Translate", text: "To French: " }],
  };
  await withOther(async (other) => {
    expect(await read(owner, other)).toEqual(whole);
    expect(await read(randomUUID(), other)).toEqual({
      instructions: "",
      savedPrompts: [],
    });
  });
});

test("saved prompts are sorted by name, changed and deleted", async () => {
  const owner = randomUUID();
  const b = await add(owner, " b ");
  const a = await add(owner, "a");
  expect((await read(owner)).savedPrompts.map(({ name }) => name)).toEqual([
    "a",
    "b",
  ]);
  const address = `${PROMPTS}/${b.id}`;
  const changed = await callApi(backend, "PATCH", address, {
    owner,
    body: { text: "Other" },
  });
  expect(changed.body).toEqual({ id: b.id, name: "b", text: "Other" });
  for (let time = 0; time < 2; time++) {
    const gone = await callApi(backend, "DELETE", address, { owner });
    expect(gone.status).toBe(204);
  }
  expect((await read(owner)).savedPrompts).toEqual([a]);
  const body = { name: "c" };
  const refused = await callApi(backend, "PATCH", address, { owner, body });
  expect(refused.status).toBe(404);
  const foreign = { owner: randomUUID(), body };
  const other = await callApi(backend, "PATCH", `${PROMPTS}/${a.id}`, foreign);
  expect(other.status).toBe(404);
});

test("a repeated request saves one prompt", async () => {
  const owner = randomUUID();
  const headers = { "idempotency-key": "the-same" };
  const first = await add(owner, "Once", { headers });
  expect(await add(owner, "Once", { headers })).toEqual(first);
  expect((await read(owner)).savedPrompts).toHaveLength(1);
});

test("changes that several processes make at once all stay", async () => {
  const owner = randomUUID();
  await withOther(async (other) => {
    const names = Array.from({ length: 12 }, (_, n) => `prompt ${10 + n}`);
    await Promise.all([
      ...names.map((name, n) =>
        add(owner, name, { at: n % 2 ? other : backend }),
      ),
      instruct(owner, "Be brief.", other),
    ]);
    for (const at of [backend, other]) {
      const { instructions, savedPrompts } = await read(owner, at);
      expect(savedPrompts.map(({ name }) => name)).toEqual(names);
      expect(instructions).toBe("Be brief.");
    }
  });
});

test("fields of a newer version of the program are kept", async () => {
  const owner = randomUUID();
  await add(owner, "Old");
  const storage = createStorageContext({ fileSystem: nodeFileSystem });
  const document = new VersionedDocument(storage, folderOf(owner));
  await document.update((data) => ({ ...data, later: 1 }));
  await instruct(owner, "Be brief.");
  expect((await document.read())?.data).toMatchObject({ later: 1 });
});

test("what is too long or too much is refused with a sentence", async () => {
  const owner = randomUUID();
  const long = "é".repeat(limits.instructionsBytes / 2 + 1);
  const refused = await instruct(owner, long);
  expect(refused.status).toBe(413);
  expect(refused.body).toMatchObject({
    detail: "The instructions may have 16 KB. Shorten the instructions.",
  });
  const save = (body: object) =>
    callApi(backend, "POST", PROMPTS, { owner, body });
  expect((await save({ name: "long", text: long })).status).toBe(413);
  expect((await save({ name: " ", text: "a" })).status).toBe(400);
  expect((await save({ name: "a", text: "\u200b" })).status).toBe(400);
  const text = "a".repeat(limits.savedPromptBytes);
  const fitting = limits.savedPromptsBytes / limits.savedPromptBytes;
  for (let n = 0; n < fitting; n++) await add(owner, `p${n}`, { text });
  const more = await save({ name: "more", text: "a" });
  expect(more.status).toBe(403);
  expect(more.body).toMatchObject({
    detail: expect.stringMatching(/^Your saved prompts may have 256 KB/),
  });
});

test("no more prompts are saved than the limit", async () => {
  const owner = randomUUID();
  for (let n = 0; n < limits.savedPrompts; n++) await add(owner, `p${n}`);
  const answer = await callApi(backend, "POST", PROMPTS, {
    owner,
    body: { name: "more", text: "a" },
  });
  expect(answer.status).toBe(403);
  expect(answer.body).toMatchObject({
    detail: "You can save 100 prompts. Delete one that you no longer need.",
    sentence: {
      key: "problem.limit.savedPrompts",
      values: { limit: limits.savedPrompts },
    },
  });
});

test("an erased owner's settings are in no file, and no process finds them again", async () => {
  const owner = randomUUID();
  await instruct(owner, "About zebras.");
  await instruct(owner, "About more zebras.");
  await withOther(async (other) => {
    expect((await read(owner, other)).instructions).toContain("zebras");
    for (let time = 0; time < 2; time++) {
      await callApi(backend, "DELETE", "/v1/owner", { owner });
    }
    expect((await read(owner, other)).instructions).toBe("");
    const folder = folderOf(owner);
    for (const name of await readdir(folder)) {
      const text = await readFile(path.join(folder, name), "utf8");
      expect(text).not.toContain("zebras");
    }
    await instruct(owner, "A new beginning.");
    for (const at of [backend, other]) {
      expect((await read(owner, at)).instructions).toBe("A new beginning.");
    }
  });
});

test("the prompt of every conversation begins with the owner's instructions, then the project's", async () => {
  const owner = randomUUID();
  await instruct(owner, "Be brief.");
  const made = await callApi(backend, "POST", "/v1/projects", {
    owner,
    body: { name: "Boats", instructions: "Speak of boats." },
  });
  const project = (made.body as { id: string }).id;
  const alone = await givenConversation(owner, { text: "Hello" });
  expect(await systemOf(owner, alone.id)).toMatch(/(?:^|\n\n)Be brief\.$/);
  const inProject = await givenConversation(owner, { text: "Hi", project });
  expect(await systemOf(owner, inProject.id)).toContain(
    [
      "Where the following instructions contradict each other, the later ones count.",
      "# Instructions for every conversation",
      "Be brief.",
      "# Instructions for this project",
      "Speak of boats.",
    ].join("\n\n"),
  );
});

/** The instructions that the model gets for the first reply. */
async function systemOf(owner: string, conversation: string) {
  const ref = { ownerHash: hashOf(owner), conversation, number: 2 };
  const { messages } = await backend.parts.records.promptFor(ref);
  expect(messages[0]?.role).toBe("system");
  return messages[0]?.text;
}
