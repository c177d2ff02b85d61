import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../app/core/storage/file-system";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { VersionedDocument } from "../../app/core/storage/versioned-document";
import { operations } from "../../app/core/api/operations";
import { limits } from "../../app/core/domain/records";
import {
  backend,
  useBackend,
  createConversation,
  givenConversation,
  readConversation,
  listConversations,
  sendMessage,
  whenAnswered,
  whenListed,
} from "../support/fixtures";
import {
  callApi,
  startBackend,
  type TestBackend,
  TOKEN,
} from "../support/start-backend";
import { temporaryFolders } from "../support/temporary-folder";
import { waitFor } from "../support/wait-for";

const temporaryFolder = temporaryFolders();
useBackend();

const titleInList = async (owner: string) =>
  (await listConversations(owner)).conversations[0]?.title;

describe("conversations", () => {
  test("a first message creates a conversation, gives it a title and gets a reply", async () => {
    const owner = randomUUID();
    const { conversation, message, reply } = await createConversation(owner, {
      text: "## What is `love`?\nTell me.",
    });
    expect(conversation.title).toBe("What is love ? Tell me.");
    expect(message).toMatchObject({ number: 1, role: "user" });
    expect(reply.number).toBe(2);
    const page = await whenAnswered(owner, conversation.id);
    expect(page.messages.map(({ number, role }) => [number, role])).toEqual([
      [1, "user"],
      [2, "assistant"],
    ]);
    expect(page.messages[1]?.text).not.toBe("");
    expect(page.messages[1]).toMatchObject({ modelName: "Eliza" });
  });

  test("prompts get odd numbers and replies even ones", async () => {
    const owner = randomUUID();
    const { conversation } = await createConversation(owner);
    for (let turn = 2; turn <= 4; turn++) {
      await whenAnswered(owner, conversation.id);
      expect(
        (await sendMessage(owner, conversation.id, { text: `Turn ${turn}` }))
          .status,
      ).toBe(201);
    }
    const page = await whenAnswered(owner, conversation.id);
    expect(page.messages.map(({ number }) => number)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    const last = await readConversation(owner, conversation.id, {
      query: "?messages=3",
    });
    expect(last.messages.map(({ number }) => number)).toEqual([6, 7, 8]);
    expect(last.hasOlder).toBe(true);
    const before = await readConversation(owner, conversation.id, {
      query: "?messages=3&before=3",
    });
    expect(before.messages.map(({ number }) => number)).toEqual([1, 2]);
    expect(before.hasOlder).toBe(false);
    const news = await readConversation(owner, conversation.id, {
      query: "?known=6",
    });
    expect(news.messages.map(({ number }) => number)).toEqual([7, 8]);
  });

  test("a page has no more characters than wanted, in whole turns, and its wanted turn in any case", async () => {
    const owner = randomUUID();
    const { conversation } = await createConversation(owner, {
      text: "Turn 1",
    });
    const { id } = conversation;
    for (const length of [300, 20, 800, 100, 500]) {
      await whenAnswered(owner, id);
      await sendMessage(owner, id, { text: "abc ".repeat(length) });
    }
    const { messages: all } = await whenAnswered(owner, id);
    const lengthOf = (from: number, to: number) =>
      all
        .filter(({ number }) => from <= number && number <= to)
        .reduce((sum, { text }) => sum + text.length, 0);
    const read = async (query: string) => {
      const page = await readConversation(owner, id, {
        query: `?messages=50&${query}`,
      });
      const numbers = page.messages.map(({ number }) => number);
      const first = numbers[0] ?? 0;
      const last = numbers.at(-1) ?? 0;
      // Whole turns, without a gap.
      expect([first % 2, last % 2]).toEqual([1, 0]);
      expect(numbers).toHaveLength(last - first + 1);
      expect(page).toMatchObject({ first, hasOlder: first > 1 });
      return { first, last, thread: page.thread };
    };
    for (let characters = 1; characters < 9_000; characters += 333) {
      for (const thread of ["", "&thread=0"]) {
        const query = `characters=${characters}${thread}`;
        const { first, last } = await read(query);
        expect(last).toBe(12);
        expect(first === 11 || lengthOf(first, 12) <= characters).toBe(true);
        expect(first === 1 || lengthOf(first - 2, 12) > characters).toBe(true);
      }
      const before = await read(`characters=${characters}&before=9`);
      expect(before.last).toBe(8);
      const wanted = await read(`characters=${characters}&thread=5`);
      expect(wanted.first).toBeLessThanOrEqual(5);
      expect(wanted.last).toBeGreaterThanOrEqual(6);
      expect(wanted.thread?.hasNewer).toBe(wanted.last < 12);
      const isAlone = wanted.first === 5 && wanted.last === 6;
      const length = lengthOf(wanted.first, wanted.last);
      expect(isAlone || length <= characters).toBe(true);
    }
    const news = await readConversation(owner, id, {
      query: "?characters=1&known=4",
    });
    expect(news.first).toBe(11);
    expect(news.messages.map(({ number }) => number)).toEqual([11, 12]);
  });

  test("no call of another owner finds a conversation", async () => {
    const { conversation } = await createConversation("grace");
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
    expect((await listConversations("another")).conversations).toEqual([]);
  });

  test("a conversation keeps a new title, and is listed unless it is deleted", async () => {
    const owner = randomUUID();
    const { conversation } = await createConversation(owner);
    const path = `/v1/conversations/${conversation.id}`;
    await callApi(backend, "PATCH", path, { owner, body: { title: " Love " } });
    expect(await titleInList(owner)).toBe("Love");
    expect((await callApi(backend, "DELETE", path, { owner })).status).toBe(
      204,
    );
    expect((await listConversations(owner)).conversations).toEqual([]);
    expect((await callApi(backend, "GET", path, { owner })).status).toBe(404);
    await callApi(backend, "POST", `${path}/restore`, { owner });
    expect(await titleInList(owner)).toBe("Love");
    expect(
      (await readConversation(owner, conversation.id)).conversation.title,
    ).toBe("Love");
  });

  test("an unsupported max tokens value is refused, and the old one kept", async () => {
    const owner = randomUUID();
    const { conversation } = await createConversation(owner);
    const path = `/v1/conversations/${conversation.id}`;
    const change = (maxTokens: number) =>
      callApi(backend, "PATCH", path, { owner, body: { maxTokens } });
    expect((await change(9)).status).toBe(200);
    const refused = await change(100_001);
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.body)).toContain("1 to 100,000 for Eliza");
    expect(
      (await readConversation(owner, conversation.id)).conversation.maxTokens,
    ).toBe(9);
  });

  test("a second prompt is refused while the first reply is being written, and another process can stop that", async () => {
    const slow = await startBackend({ env: { ELIZA_DELAY_MS: "200" } });
    const owner = randomUUID();
    const prompt = { text: "Write a long text of 500 words" };
    const { conversation } = await createConversation(owner, prompt, slow);
    const { id } = conversation;
    const sendSecond = () =>
      sendMessage(owner, id, { text: "And another" }, { at: slow });
    expect((await sendSecond()).status).toBe(409);
    const stop = `/v1/conversations/${id}/replies/2/stop`;
    expect((await callApi(slow, "POST", stop, { owner })).status).toBe(204);
    expect((await callApi(slow, "POST", stop, { owner })).status).toBe(204);
    const { messages, reply } = await readConversation(owner, id, { at: slow });
    expect(reply).toBeNull();
    expect(messages[1]).toMatchObject({ outcome: "stopped" });
    expect((await sendSecond()).status).toBe(201);
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
    const { conversation } = await createConversation("ada", body, one);
    const { id } = conversation;
    await callApi(one, "POST", `/v1/conversations/${id}/replies/2/stop`);

    const send = (at: TestBackend) => sendMessage("ada", id, body, { at });
    const first = send(one);
    await waitFor(async () => isHeld);
    expect((await send(other)).status).toBe(409);
    const second = send(one);
    release();
    expect((await second).status).toBe(409);
    expect((await first).status).toBe(201);

    const page = await readConversation("ada", id, { at: one });
    const { messages, reply } = page;
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
  const { conversation } = await createConversation(owner);
  await whenAnswered(owner, conversation.id);
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
  expect((await listConversations(owner)).conversations).toEqual([]);
});

describe("the list of conversations", () => {
  test("is paged, most recently used first", async () => {
    const owner = randomUUID();
    const ids: string[] = [];
    for (const text of ["one", "two", "three"]) {
      ids.unshift((await createConversation(owner, { text })).conversation.id);
    }
    // A reply that ends counts as use.
    for (const id of ids) await whenListed(owner, id);
    const oldest = ids.at(-1) ?? "";
    await sendMessage(owner, oldest, { text: "again" });
    await whenListed(owner, oldest);
    const first = await listConversations(owner, "?limit=2");
    expect(first.conversations[0]?.id).toBe(oldest);
    const rest = await listConversations(
      owner,
      `?limit=2&cursor=${first.next}`,
    );
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
    const [id = ""] = ids;
    await whenAnswered(owner, id, one);
    const sent = await Promise.all(
      [one, other, other, one].map((at) =>
        sendMessage(owner, id, { text: "And now?" }, { at, key: "another" }),
      ),
    );
    expect(sent.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const { messages } = await readConversation(owner, id, { at: other });
    expect(messages.filter(({ role }) => role === "user")).toHaveLength(2);
    const { conversations } = await listConversations(owner, "", one);
    expect(conversations).toHaveLength(1);
    await one.stop();
    await other.stop();
  });

  test("repeated with another text is refused", async () => {
    const owner = randomUUID();
    const { conversation } = await createConversation(owner);
    await whenAnswered(owner, conversation.id);
    const say = (text: string) =>
      sendMessage(owner, conversation.id, { text }, { key: "k" });
    expect((await say("one")).status).toBe(201);
    await whenAnswered(owner, conversation.id);
    expect((await say("two")).status).toBe(409);
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
    const { conversation } = await createConversation(owner, {
      text: text.replace(/^./, "x"),
    });
    const page = await whenAnswered(owner, conversation.id);
    expect(page.messages[0]?.text).toHaveLength(limits.messageBytes);
  });

  test("a lone surrogate in a message or a title becomes U+FFFD, and nothing is refused", async () => {
    const owner = randomUUID();
    const { conversation, message } = await createConversation(owner, {
      text: "Hi \ud83d there",
    });
    expect(message.text).toBe("Hi \ufffd there");
    expect(conversation.title).toBe("Hi \ufffd there");
    const path = `/v1/conversations/${conversation.id}`;
    const body = { title: "a\ude00" };
    const renamed = await callApi(backend, "PATCH", path, { owner, body });
    expect(renamed.body).toMatchObject({ title: "a\ufffd" });
  });

  test("a title without visible characters is refused, and an old one shows as the default", async () => {
    const owner = randomUUID();
    const { conversation } = await createConversation(owner, { text: "Hello" });
    const path = `/v1/conversations/${conversation.id}`;
    const body = { title: "\u2800\u200b" };
    const refused = await callApi(backend, "PATCH", path, { owner, body });
    expect(refused.status).toBe(400);
    const folders = recordFoldersIn(join(backend.directory, "records"));
    const folder = folders.settings(hashOf(owner), conversation.id);
    const document = new VersionedDocument(createStorageContext(), folder);
    await document.update((data) => ({ ...data, ...body }));
    await readConversation(owner, conversation.id);
    const [listed] = (await listConversations(owner)).conversations;
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
          authorization: `Bearer ${TOKEN}`,
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
  const { conversation } = await createConversation(owner);
  await whenAnswered(owner, conversation.id);
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
  expect(await titleInList(owner)).not.toBe("Another");
  await readConversation(owner, conversation.id);
  expect(await titleInList(owner)).toBe("Another");

  await changeUnnoted({ deletedAt: new Date().toISOString() });
  expect((await listConversations(owner)).conversations).toHaveLength(1);
  const page = `/v1/conversations/${conversation.id}`;
  expect((await callApi(backend, "GET", page, { owner })).status).toBe(404);
  expect((await listConversations(owner)).conversations).toEqual([]);
});

test("a page skips deleted turns, so that it has as many messages as it can", async () => {
  const owner = randomUUID();
  const { id } = await givenConversation(owner, { text: "One" });
  for (const text of ["Two", "Three", "Four"]) {
    await sendMessage(owner, id, { text });
    await whenAnswered(owner, id);
  }
  for (const turn of [1, 5, 7]) {
    const path = `/v1/conversations/${id}/turns/${turn}`;
    await callApi(backend, "DELETE", path, { owner });
  }
  const path = `/v1/conversations/${id}/messages?limit=2`;
  const { body } = await callApi(backend, "GET", path, { owner });
  const page = operations.listMessages.answer.parse(body);
  expect(page.messages.map(({ number }) => number)).toEqual([3, 4]);
  expect(page.hasOlder).toBe(false);
});
