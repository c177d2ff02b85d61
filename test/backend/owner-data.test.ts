import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { sentence } from "../../app/core/texts/catalogue";
import { english } from "../../app/core/texts/locale";
import type { Sentence } from "../../app/core/texts/translation";
import { operations } from "../../app/core/api/operations";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { removeErased } from "../../app/core/storage/layout/owner-event-log";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { nodeFileSystem } from "../../app/core/storage/file-system";
import { dieAfter } from "../support/faulty-file-system";
import {
  backend,
  createConversation,
  listConversations,
  sendMessage,
  useBackend,
  whenAnswered,
  whenListed,
} from "../support/fixtures";
import {
  callApi,
  startBackend,
  type TestBackend,
} from "../support/start-backend";
import { shared } from "../support/share";
import { temporaryFolders } from "../support/temporary-folder";
import { expectEventually } from "../support/wait-for";

const temporaryFolder = temporaryFolders();

useBackend(beforeEach, afterEach);

const erase = (owner: string, at: TestBackend = backend) =>
  callApi(at, "DELETE", "/v1/owner", { owner });

const folderOf = (owner: string, directory = backend.directory) =>
  recordFoldersIn(path.join(directory, "records")).owner(hashOf(owner));

/** The files of a folder that contain a text. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = all.filter((entry) => entry.isFile());
  const found = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const content = await readFile(path.join(parentPath, name), "utf8");
      return content.includes(text) ? [name] : [];
    }),
  );
  return found.flat();
}

/** Makes an owner with a conversation, its shared link and a project that contain a word. */
async function make(word: string): Promise<{ owner: string; id: string }> {
  const owner = randomUUID();
  const { conversation } = await createConversation(owner, {
    text: `About ${word}`,
  });
  await callApi(backend, "POST", "/v1/projects", {
    owner,
    body: { name: word, instructions: word },
  });
  await whenListed(owner, conversation.id);
  await shared(owner, conversation.id);
  return { owner, id: conversation.id };
}

async function overview(owner: string, at: TestBackend = backend) {
  const answer = await callApi(at, "GET", "/v1/overview", { owner });
  return operations.readOverview.answer.parse(answer.body);
}

describe("deleting all data of an owner", () => {
  test("no file contains it any more, and no other owner's data is touched", async () => {
    const { owner, id } = await make("zebra");
    const other = await make("zebra");
    const before = await filesWith(folderOf(other.owner), "zebra");
    expect((await erase(owner)).status).toBe(204);
    const page = `/v1/conversations/${id}`;
    expect((await callApi(backend, "GET", page, { owner })).status).toBe(404);
    const { conversations, projects } = await overview(owner);
    expect({ conversations, projects }).toEqual({
      conversations: [],
      projects: [],
    });
    await expectEventually(async () => {
      expect(await filesWith(folderOf(owner), "zebra")).toEqual([]);
    });
    expect(await filesWith(folderOf(other.owner), "zebra")).toEqual(before);
  });

  test("it can be repeated, also for an owner without data", async () => {
    const { owner } = await make("zebra");
    expect((await erase(owner)).status).toBe(204);
    expect((await erase(owner)).status).toBe(204);
    const nobody = randomUUID();
    expect((await erase(nobody)).status).toBe(204);
    await expect(readdir(folderOf(nobody))).rejects.toThrow("ENOENT");
  });

  test("the owner can begin again, and every process lists the new data alone", async () => {
    const { directory } = backend;
    const other = await startBackend({ directory });
    const { owner } = await make("zebra");
    expect((await overview(owner, other)).conversations).toHaveLength(1);
    expect((await erase(owner)).status).toBe(204);
    expect((await overview(owner, other)).conversations).toEqual([]);
    const { conversation } = await createConversation(owner);
    for (const at of [backend, other]) {
      const { conversations } = await listConversations(owner, "", at);
      expect(conversations.map(({ id }) => id)).toEqual([conversation.id]);
    }
    await other.stop();
  });

  test("a reply in progress ends, and does not come back", async () => {
    const slow = await startBackend({
      directory: backend.directory,
      env: { ELIZA_DELAY_MS: "50" },
    });
    const owner = randomUUID();
    await createConversation(owner, { text: "Write 400 words" }, slow);
    expect((await erase(owner)).status).toBe(204);
    const records = path.join(backend.directory, "records");
    const index = recordFoldersIn(records).activeReplies;
    await expectEventually(async () => {
      const names = await readdir(index);
      expect(names.filter((n) => n.includes(hashOf(owner)))).toEqual([]);
      expect((await readdir(folderOf(owner))).toSorted()).toEqual(["activity"]);
    });
    await slow.stop();
  });

  test("a process that is killed at any call leaves a deletion that a repeated call completes", async () => {
    const { owner } = await make("zebra");
    await backend.parts.replies.drain();
    for (let count = 0; ; count++) {
      const copy = await temporaryFolder();
      await cp(backend.directory, copy, { recursive: true });
      const mortal = dieAfter(nodeFileSystem, count);
      const dying = await startBackend({
        directory: copy,
        fileSystem: mortal.fileSystem,
        env: { LEASE_SECONDS: "60" },
      });
      const { status } = await erase(owner, dying);
      await dying.kill();
      const next = await startBackend({ directory: copy });
      expect((await erase(owner, next)).status).toBe(204);
      const { conversations } = await overview(owner, next);
      expect(conversations).toEqual([]);
      await next.stop();
      expect([204, 500, 503]).toContain(status);
      if (status === 204) break;
    }
  });

  test("a compaction at the same moment leaves entries to the next sweep", async () => {
    const { owner } = await make("zebra");
    await erase(owner);
    const folder = path.join(folderOf(owner), "activity");
    await writeFile(path.join(folder, "1-2"), "zebra");
    const names = await readdir(folder);
    expect(await removeErased(nodeFileSystem, folder, names)).toBe(1);
    expect(await filesWith(folder, "zebra")).toEqual([]);
  });
});

/** A refusal in English, with its text of the catalogue. */
const refusal = (said: Sentence) => ({
  status: 403,
  body: { detail: english.say(said), sentence: said },
});

describe("quotas", () => {
  let small: TestBackend;
  beforeEach(async () => {
    small = await startBackend({
      directory: await temporaryFolder(),
      env: { CONVERSATIONS_PER_OWNER: "2", MEGABYTES_PER_OWNER: "1" },
    });
  });
  afterEach(() => small.stop());

  test("a conversation beyond the limit is refused until another one is deleted", async () => {
    const owner = randomUUID();
    const body = { text: "Hello" };
    const begin = () =>
      callApi(small, "POST", "/v1/conversations", { owner, body });
    const { conversation } = await createConversation(owner, body, small);
    await createConversation(owner, body, small);
    expect(await begin()).toMatchObject(
      refusal(sentence("problem.limit.conversations", { limit: 2 })),
    );
    const route = `/v1/conversations/${conversation.id}`;
    await callApi(small, "DELETE", route, { owner });
    expect((await begin()).status).toBe(201);
    const text = await small.parts.metrics.metrics();
    expect(text).toContain(
      'keepsake_quota_refusals_total{quota="conversations"} 1',
    );
  });

  test("a message beyond the limit of text is refused, and what was saved stays", async () => {
    const owner = randomUUID();
    const text = "x".repeat(600_000);
    const { conversation } = await createConversation(owner, { text }, small);
    await whenAnswered(owner, conversation.id, small);
    const send = () =>
      sendMessage(owner, conversation.id, { text }, { at: small });
    expect((await send()).status).toBe(201);
    await whenAnswered(owner, conversation.id, small);
    // A prompt counts from the end of its reply on.
    await expectEventually(async () => {
      const { quotas } = await overview(owner, small);
      expect(quotas?.bytes.used).toBeGreaterThan(1_200_000);
      expect(quotas?.conversations).toEqual({ used: 1, limit: 2 });
    });
    expect(await send()).toMatchObject(
      refusal(sentence("problem.limit.message", { megabytes: 1 })),
    );
  });

  test("a repeated request whose message was saved is answered although the limit is reached", async () => {
    const owner = randomUUID();
    const body = { text: "Hello" };
    const headers = { "idempotency-key": "once" };
    const again = () =>
      callApi(small, "POST", "/v1/conversations", { owner, body, headers });
    expect((await again()).status).toBe(201);
    await createConversation(owner, body, small);
    expect((await again()).status).toBe(201);
  });
});

test("an owner folder without events is deleted too", async () => {
  const owner = randomUUID();
  const partial = path.join(folderOf(owner), "conversations", "a".repeat(26));
  await mkdir(partial, { recursive: true });
  expect((await erase(owner)).status).toBe(204);
  await expectEventually(async () => {
    expect(await readdir(folderOf(owner))).toEqual([]);
  });
});
