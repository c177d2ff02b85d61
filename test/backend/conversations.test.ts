import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../app/core/storage/file-system";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { VersionedDocument } from "../../app/core/storage/versioned-document";
import { operations } from "../../app/core/api/operations";
import { ConversationPage, limits } from "../../app/core/domain/records";
import {
  callApi,
  startBackend,
  type TestBackend,
} from "../support/start-backend";
import { temporaryFolders } from "../support/temporary-folder";
import { waitFor } from "../support/wait-for";

const temporaryFolder = temporaryFolders();
let backend: TestBackend;

beforeAll(async () => {
  backend = await startBackend();
});

afterAll(() => backend.stop());

type Created = z.output<typeof operations.createConversation.answer>;
type List = z.output<typeof operations.listConversations.answer>;

async function create(
  owner: string,
  text = "Hello there",
  headers: Record<string, string> = {},
): Promise<Created> {
  const answer = await callApi(backend, "POST", "/v1/conversations", {
    body: { text },
    owner,
    headers,
  });
  expect(answer.status).toBe(201);
  return operations.createConversation.answer.parse(answer.body);
}

async function read(
  owner: string,
  id: string,
  query = "",
): Promise<ConversationPage> {
  const answer = await callApi(
    backend,
    "GET",
    `/v1/conversations/${id}${query}`,
    { owner },
  );
  expect(answer.status).toBe(200);
  return ConversationPage.parse(answer.body);
}

/** The page when the reply to its last prompt has ended. */
const answered = (owner: string, id: string) =>
  waitFor(async () => {
    const page = await read(owner, id);
    return page.reply === null ? page : undefined;
  });

/** Resolves when the list, too, tells of the end of its last reply. */
async function noted(owner: string, id: string): Promise<void> {
  const { messages } = await answered(owner, id);
  await waitFor(async () => {
    const { conversations } = await list(owner);
    const listed = conversations.find((one) => one.id === id);
    return listed?.updatedAt === messages.at(-1)?.at;
  });
}

async function list(owner: string, query = ""): Promise<List> {
  const answer = await callApi(backend, "GET", `/v1/conversations${query}`, {
    owner,
  });
  expect(answer.status).toBe(200);
  return operations.listConversations.answer.parse(answer.body);
}

const say = (owner: string, id: string, text: string, key?: string) =>
  callApi(backend, "POST", `/v1/conversations/${id}/messages`, {
    owner,
    body: { text },
    headers: key === undefined ? {} : { "idempotency-key": key },
  });

describe("conversations", () => {
  test("a first message creates a conversation, gives it a title and gets a reply", async () => {
    const owner = randomUUID();
    const { conversation, message, reply } = await create(
      owner,
      "## What is `love`?\nTell me.",
    );
    expect(conversation.title).toBe("What is love ? Tell me.");
    expect(message).toMatchObject({ number: 1, role: "user" });
    expect(reply.number).toBe(2);
    const page = await answered(owner, conversation.id);
    expect(page.messages.map(({ number, role }) => [number, role])).toEqual([
      [1, "user"],
      [2, "assistant"],
    ]);
    expect(page.messages[1]?.text).not.toBe("");
    expect(page.messages[1]).toMatchObject({ modelName: "Eliza" });
  });

  test("prompts get odd numbers and replies even ones", async () => {
    const owner = randomUUID();
    const { conversation } = await create(owner);
    for (let turn = 2; turn <= 4; turn++) {
      await answered(owner, conversation.id);
      expect((await say(owner, conversation.id, `Turn ${turn}`)).status).toBe(
        201,
      );
    }
    const page = await answered(owner, conversation.id);
    expect(page.messages.map(({ number }) => number)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    const last = await read(owner, conversation.id, "?messages=3");
    expect(last.messages.map(({ number }) => number)).toEqual([6, 7, 8]);
    expect(last.hasOlder).toBe(true);
    const before = await read(owner, conversation.id, "?messages=3&before=3");
    expect(before.messages.map(({ number }) => number)).toEqual([1, 2]);
    expect(before.hasOlder).toBe(false);
    const news = await read(owner, conversation.id, "?known=6");
    expect(news.messages.map(({ number }) => number)).toEqual([7, 8]);
  });

  test("no call of another owner finds a conversation", async () => {
    const { conversation } = await create("grace");
    const path = `/v1/conversations/${conversation.id}`;
    const calls: [string, string, unknown?][] = [
      ["GET", path],
      ["GET", `${path}/messages`],
      ["PATCH", path, { title: "Mine" }],
      ["DELETE", path],
      ["POST", `${path}/restore`],
      ["POST", `${path}/messages`, { text: "Hello" }],
      ["POST", `${path}/replies/2/stop`],
      ["POST", `${path}/replies/2/retry`],
      ["GET", `${path}/replies/2`],
    ];
    for (const [method, route, body] of calls) {
      const answer = await callApi(backend, method, route, {
        owner: "another",
        body,
      });
      expect([method, route, answer.status]).toEqual([method, route, 404]);
    }
    expect((await list("another")).conversations).toEqual([]);
  });

  test("a conversation keeps a new title, and is listed unless it is deleted", async () => {
    const owner = randomUUID();
    const { conversation } = await create(owner);
    const path = `/v1/conversations/${conversation.id}`;
    await callApi(backend, "PATCH", path, { owner, body: { title: " Love " } });
    expect((await list(owner)).conversations[0]?.title).toBe("Love");
    expect((await callApi(backend, "DELETE", path, { owner })).status).toBe(
      204,
    );
    expect((await list(owner)).conversations).toEqual([]);
    expect((await callApi(backend, "GET", path, { owner })).status).toBe(404);
    await callApi(backend, "POST", `${path}/restore`, { owner });
    expect((await list(owner)).conversations[0]?.title).toBe("Love");
    expect((await read(owner, conversation.id)).conversation.title).toBe(
      "Love",
    );
  });

  test("an unsupported max tokens value is refused, and the old one kept", async () => {
    const owner = randomUUID();
    const { conversation } = await create(owner);
    const path = `/v1/conversations/${conversation.id}`;
    const change = (maxTokens: number) =>
      callApi(backend, "PATCH", path, { owner, body: { maxTokens } });
    expect((await change(9)).status).toBe(200);
    const refused = await change(100_001);
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.body)).toContain("1 to 100000 for Eliza");
    expect((await read(owner, conversation.id)).conversation.maxTokens).toBe(9);
  });

  test("a second prompt is refused while the first reply is being written, and another process can stop that", async () => {
    const slow = await startBackend({ env: { ELIZA_DELAY_MS: "200" } });
    const owner = randomUUID();
    const created = await callApi(slow, "POST", "/v1/conversations", {
      owner,
      body: { text: "Write a long text of 500 words" },
    });
    const { conversation } = operations.createConversation.answer.parse(
      created.body,
    );
    const path = `/v1/conversations/${conversation.id}`;
    const body = { text: "And another" };
    const second = { owner, body };
    const refused = await callApi(slow, "POST", `${path}/messages`, second);
    expect(refused.status).toBe(409);
    const stop = `${path}/replies/2/stop`;
    expect((await callApi(slow, "POST", stop, { owner })).status).toBe(204);
    expect((await callApi(slow, "POST", stop, { owner })).status).toBe(204);
    const page = await callApi(slow, "GET", path, { owner });
    const { messages, reply } = ConversationPage.parse(page.body);
    expect(reply).toBeNull();
    expect(messages[1]).toMatchObject({ outcome: "stopped" });
    const after = await callApi(slow, "POST", `${path}/messages`, second);
    expect(after.status).toBe(201);
    await slow.stop();
  });
});

test("two prompts at once, on one process or two, make one turn and one reply", async () => {
  let isHeld = false;
  let release: () => void = Boolean;
  const released = new Promise<void>((resolve) => (release = resolve));
  /** Holds up one process between saving a prompt and beginning the reply to it. */
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    mkdir: async (folder) => {
      if (folder.endsWith("/replies/4")) {
        isHeld = true;
        await released;
      }
      return nodeFileSystem.mkdir(folder);
    },
  };
  const directory = await temporaryFolder();
  const env = { ELIZA_DELAY_MS: "200", STORAGE_TIMEOUT_SECONDS: "60" };
  const one = await startBackend({ directory, env, fileSystem });
  const other = await startBackend({ directory, env });
  try {
    const body = { text: "Write a long text of 500 words" };
    const { body: made } = await callApi(one, "POST", "/v1/conversations", {
      body,
    });
    const { conversation } = operations.createConversation.answer.parse(made);
    const path = `/v1/conversations/${conversation.id}`;
    await callApi(one, "POST", `${path}/replies/2/stop`);

    const send = (to: TestBackend) =>
      callApi(to, "POST", `${path}/messages`, { body });
    const first = send(one);
    await waitFor(async () => isHeld);
    expect((await send(other)).status).toBe(409);
    const second = send(one);
    release();
    expect((await second).status).toBe(409);
    expect((await first).status).toBe(201);

    const page = await callApi(one, "GET", path);
    const { messages, reply } = ConversationPage.parse(page.body);
    expect(messages.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(reply).toMatchObject({ number: 4, status: "writing" });
  } finally {
    release();
    await one.stop();
    await other.stop();
  }
});

test("a conversation whose reply was never started can be deleted", async () => {
  const owner = randomUUID();
  const { conversation } = await create(owner);
  await answered(owner, conversation.id);
  // As a process leaves it that is killed before it begins the reply.
  const ownerHash = hashOf(owner);
  const folders = recordFoldersIn(join(backend.directory, "records"));
  const replies = folders.reply({
    ownerHash,
    conversation: conversation.id,
    number: 2,
  });
  await rm(replies, { recursive: true });
  await rm(join(folders.messages(ownerHash, conversation.id), "2"));
  const path = `/v1/conversations/${conversation.id}`;
  const { status } = await callApi(backend, "DELETE", path, { owner });
  expect(status).toBe(204);
  expect((await list(owner)).conversations).toEqual([]);
});

describe("the list of conversations", () => {
  test("is paged, most recently used first", async () => {
    const owner = randomUUID();
    const ids: string[] = [];
    for (const text of ["one", "two", "three"]) {
      ids.unshift((await create(owner, text)).conversation.id);
    }
    // A reply that ends counts as use.
    for (const id of ids) await noted(owner, id);
    const oldest = ids.at(-1) ?? "";
    await say(owner, oldest, "again");
    await noted(owner, oldest);
    const first = await list(owner, "?limit=2");
    expect(first.conversations[0]?.id).toBe(oldest);
    const rest = await list(owner, `?limit=2&cursor=${first.next}`);
    expect(rest.next).toBeNull();
    const all = [...first.conversations, ...rest.conversations];
    expect(new Set(all.map(({ id }) => id))).toEqual(new Set(ids));
    expect(all).toHaveLength(3);
  });
});

describe("an idempotency key", () => {
  test("repeated on two processes makes one conversation and one message", async () => {
    const directory = await temporaryFolder();
    const one = await startBackend({ directory });
    const other = await startBackend({ directory });
    const owner = randomUUID();
    const headers = { "idempotency-key": "the-same" };
    const given = { owner, headers, body: { text: "Hello" } };
    const answers = await Promise.all(
      [one, other, one, other].map((process) =>
        callApi(process, "POST", "/v1/conversations", given),
      ),
    );
    const ids = answers.map(
      ({ body }) =>
        operations.createConversation.answer.parse(body).conversation.id,
    );
    expect(new Set(ids).size).toBe(1);
    const path = `/v1/conversations/${ids[0]}`;
    await waitFor(async () => {
      const { body } = await callApi(one, "GET", path, { owner });
      return ConversationPage.parse(body).reply === null;
    });
    const more = {
      owner,
      headers: { "idempotency-key": "another" },
      body: { text: "And now?" },
    };
    const sent = await Promise.all(
      [one, other, other, one].map((process) =>
        callApi(process, "POST", `${path}/messages`, more),
      ),
    );
    expect(sent.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const { body } = await callApi(other, "GET", path, { owner });
    const { messages } = ConversationPage.parse(body);
    expect(messages.filter(({ role }) => role === "user")).toHaveLength(2);
    const { body: listed } = await callApi(one, "GET", "/v1/conversations", {
      owner,
    });
    expect(
      operations.listConversations.answer.parse(listed).conversations,
    ).toHaveLength(1);
    await one.stop();
    await other.stop();
  });

  test("repeated with another text is refused", async () => {
    const owner = randomUUID();
    const { conversation } = await create(owner);
    await answered(owner, conversation.id);
    expect((await say(owner, conversation.id, "one", "k")).status).toBe(201);
    await answered(owner, conversation.id);
    expect((await say(owner, conversation.id, "two", "k")).status).toBe(409);
  });
});

describe("bad input", () => {
  test.each([
    ["no message", {}, 400],
    ["an empty message", { text: "" }, 400],
    ["only spaces", { text: " \n\t " }, 400],
    ["a number", { text: 5 }, 400],
    ["a list", [], 400],
    ["only invisible characters", { text: "\u200b\u3164\u{e0041}" }, 400],
    ["a message over 1 MB", { text: "x".repeat(limits.messageBytes + 1) }, 413],
    [
      "more bytes than the limit in fewer characters",
      { text: "é".repeat(limits.messageBytes / 2 + 1) },
      413,
    ],
    ["a body over the limit", { text: "x".repeat(7 * 1024 ** 2) }, 413],
    ["an unknown model", { text: "Hello", model: "none/none" }, 404],
    ["an unknown project", { text: "Hello", project: "a".repeat(26) }, 404],
    ["a path for a project", { text: "Hello", project: "../../etc" }, 400],
  ])("%s is answered with a problem", async (_, body, status) => {
    const answer = await callApi(backend, "POST", "/v1/conversations", {
      body,
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(
      /^application\/problem\+json/,
    );
    expect(answer.body).toMatchObject({ status, type: "about:blank" });
  });

  test("a message of 1 MB is kept whole, however JSON escapes it", async () => {
    const owner = randomUUID();
    const text = "\u0001".repeat(limits.messageBytes);
    const { conversation } = await create(owner, text.replace(/^./, "x"));
    const page = await answered(owner, conversation.id);
    expect(page.messages[0]?.text).toHaveLength(limits.messageBytes);
  });

  test("a lone surrogate in a message or a title becomes U+FFFD, and nothing is refused", async () => {
    const owner = randomUUID();
    const { conversation, message } = await create(owner, "Hi \ud83d there");
    expect(message.text).toBe("Hi \ufffd there");
    expect(conversation.title).toBe("Hi \ufffd there");
    const path = `/v1/conversations/${conversation.id}`;
    const body = { title: "a\ude00" };
    const renamed = await callApi(backend, "PATCH", path, { owner, body });
    expect(renamed.body).toMatchObject({ title: "a\ufffd" });
  });

  test("a title without visible characters is refused, and an old one shows as the default", async () => {
    const owner = randomUUID();
    const { conversation } = await create(owner, "Hello");
    const path = `/v1/conversations/${conversation.id}`;
    const body = { title: "\u2800\u200b" };
    const refused = await callApi(backend, "PATCH", path, { owner, body });
    expect(refused.status).toBe(400);
    const folders = recordFoldersIn(join(backend.directory, "records"));
    const folder = folders.settings(hashOf(owner), conversation.id);
    const document = new VersionedDocument(createStorageContext(), folder);
    await document.update((data) => ({ ...data, ...body }));
    await read(owner, conversation.id);
    const [listed] = (await list(owner)).conversations;
    expect(listed?.title).toBe("New conversation");
  });

  test.each(["..%2f..%2fetc", "A".repeat(26), "x", "%00", "__proto__"])(
    "a malformed id (%s) is not found",
    async (id) => {
      const answer = await callApi(backend, "GET", `/v1/conversations/${id}`);
      expect(answer.status).toBe(404);
    },
  );

  test("what is not JSON in UTF-8 is refused", async () => {
    for (const body of ["{", "null x", Buffer.from([0x22, 0xff, 0x22])]) {
      const response = await fetch(`${backend.url}/v1/conversations`, {
        method: "POST",
        body,
        headers: {
          authorization: "Bearer a-token-for-tests-only",
          "keepsake-owner": "ada",
          "content-type": "application/json",
        },
      });
      expect(response.status).toBe(400);
    }
  });
});

test("opening a conversation repairs a list that a crash left outdated", async () => {
  const owner = randomUUID();
  const { conversation } = await create(owner);
  await answered(owner, conversation.id);
  const ownerHash = hashOf(owner);
  const folders = recordFoldersIn(join(backend.directory, "records"));
  const folder = folders.settings(ownerHash, conversation.id);
  /** All that a process did which was killed before it noted the change. */
  const changeUnnoted = (changes: Record<string, string>) =>
    new VersionedDocument(createStorageContext(), folder).update((data) => ({
      ...data,
      ...changes,
    }));

  await changeUnnoted({ title: "Another" });
  expect((await list(owner)).conversations[0]?.title).not.toBe("Another");
  await read(owner, conversation.id);
  expect((await list(owner)).conversations[0]?.title).toBe("Another");

  await changeUnnoted({ deletedAt: new Date().toISOString() });
  expect((await list(owner)).conversations).toHaveLength(1);
  const page = `/v1/conversations/${conversation.id}`;
  expect((await callApi(backend, "GET", page, { owner })).status).toBe(404);
  expect((await list(owner)).conversations).toEqual([]);
});
