import { randomUUID } from "node:crypto";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { rm } from "node:fs/promises";
import type { FileSystem } from "../../app/core/storage/file-system";
import { nodeFileSystem } from "../../app/core/storage/file-system";
import { operations } from "../../app/core/api/operations";
import { isReply, limits } from "../../app/core/domain/records";
import {
  backend,
  useBackend,
  createConversation,
  readConversation,
  sendMessage,
  whenAnswered,
  givenConversation,
  detailOf,
} from "../support/fixtures";
import {
  callApi,
  startBackend,
  temporaryDirectory,
  type TestBackend,
} from "../support/start-backend";
import { waitFor } from "../support/wait-for";

useBackend();

const owner = randomUUID();
const { answer: SentMessage } = operations.regenerateReply;

const read = (id: string, at?: TestBackend) =>
  readConversation(owner, id, { at });
const answered = (id: string, at?: TestBackend) => whenAnswered(owner, id, at);
const say = (id: string, body: Parameters<typeof sendMessage>[2]) =>
  sendMessage(owner, id, body);

const regenerate = (
  id: string,
  number: number,
  { at = backend, key = randomUUID() }: { at?: TestBackend; key?: string } = {},
) =>
  callApi(at, "POST", `/v1/conversations/${id}/replies/${number}/regenerate`, {
    owner,
    headers: { "idempotency-key": key },
  });

/** A conversation that has been answered once. */
const begin = async (text = "I feel lost", at?: TestBackend) =>
  (await givenConversation(owner, { text }, at)).id;

/** The prompt that the model receives, without the system prompt. */
async function askedFor(conversation: string, number: number) {
  const ownerHash = hashOf(owner);
  const { messages } = await backend.parts.records.promptFor({
    ownerHash,
    conversation,
    number,
  });
  return messages.slice(1).map(({ text }) => text);
}

describe("regenerate", () => {
  test("adds a reply and keeps the one before", async () => {
    const id = await begin();
    const before = await read(id);
    const asked = await regenerate(id, 2);
    expect(asked.status).toBe(201);
    expect(SentMessage.parse(asked.body)).toMatchObject({
      message: { number: 3, text: "I feel lost", insteadOf: 1 },
      reply: { number: 4 },
    });
    const { messages } = await answered(id);
    expect(messages.slice(0, 2)).toEqual(before.messages);
    expect(messages).toHaveLength(4);
    expect(messages[3]?.text).not.toBe("");
    expect(messages[3]?.text).not.toBe(messages[1]?.text);
  });

  test("sends the thread before the prompt to the model, and the next prompt follows the new reply", async () => {
    const id = await begin();
    await say(id, { text: "I feel old" });
    await answered(id);
    await regenerate(id, 4);
    const { messages } = await answered(id);
    const texts = messages.map(({ text }) => text);
    expect(await askedFor(id, 6)).toEqual([...texts.slice(0, 2), texts[4]]);
    await say(id, { text: "And now?" });
    const [one, two, , , five, six] = texts;
    expect(await askedFor(id, 8)).toEqual([one, two, five, six, "And now?"]);
  });

  test("lets the next prompt follow an earlier version, with all prompts after it", async () => {
    const id = await begin();
    await regenerate(id, 2);
    await answered(id);
    const sent = await say(id, { text: "And now?", follows: 2 });
    expect(SentMessage.parse(sent.body).message.follows).toBe(2);
    const { messages } = await answered(id);
    const [one, two] = messages.map(({ text }) => text);
    expect(await askedFor(id, 6)).toEqual([one, two, "And now?"]);
    await regenerate(id, 6);
    await answered(id);
    expect(await askedFor(id, 8)).toEqual([one, two, "And now?"]);
    // The conversation has gone on from there, and can continue from the other version.
    const other = await say(id, { text: "Hello?", follows: 4 });
    expect(SentMessage.parse(other.body).message.follows).toBe(4);
    const later = (await answered(id)).messages.map(({ text }) => text);
    expect(await askedFor(id, 10)).toEqual([one, later[3], "Hello?"]);
    // Sent from a page that lacks it: the thread goes on.
    const late = await say(id, { text: "Still there?", follows: 4 });
    expect(SentMessage.parse(late.body).message.follows).toBeUndefined();
    await answered(id);
    expect((await askedFor(id, 12)).slice(2, 3)).toEqual(["Hello?"]);
  });

  test("makes a reply that a search finds, and its prompt once", async () => {
    const word = `zebra${randomUUID().slice(0, 8)}`;
    const id = await begin(`I dream of a ${word}`);
    await regenerate(id, 2);
    await answered(id);
    const { body } = await callApi(backend, "GET", `/v1/search?q=${word}`, {
      owner,
    });
    const { results } = operations.search.answer.parse(body);
    const prompts = results[0]?.excerpts.filter(({ role }) => role === "user");
    expect(prompts?.map(({ number }) => number)).toEqual([1]);
  });

  test("is refused for any reply but the last", async () => {
    const id = await begin();
    await say(id, { text: "I feel old" });
    await answered(id);
    const refused = await regenerate(id, 2);
    expect(refused.status).toBe(409);
    expect(detailOf(refused)).toContain("A newer message was sent");
    for (const number of [3, 6, 1_000]) {
      expect((await regenerate(id, number)).status).toBe(404);
    }
    const nowhere = await regenerate("a".repeat(26), 2);
    expect(nowhere.status).toBe(404);
    expect((await answered(id)).messages).toHaveLength(4);
  });

  test("is refused for another owner's reply and in a deleted conversation", async () => {
    const id = await begin();
    const path = `/v1/conversations/${id}`;
    const stranger = await callApi(
      backend,
      "POST",
      `${path}/replies/2/regenerate`,
      { owner: "another" },
    );
    expect(stranger.status).toBe(404);
    await callApi(backend, "DELETE", path, { owner });
    expect((await regenerate(id, 2)).status).toBe(404);
  });

  test("is refused while a reply is being written, and allowed for a stopped one", async () => {
    const slow = await startBackend({
      directory: backend.directory,
      env: { ELIZA_DELAY_MS: "200" },
    });
    const id = await begin();
    expect((await regenerate(id, 2, { at: slow })).status).toBe(201);
    for (const number of [2, 4]) {
      const refused = await regenerate(id, number);
      expect(refused.status).toBe(409);
    }
    await callApi(slow, "POST", `/v1/conversations/${id}/replies/4/stop`, {
      owner,
    });
    expect((await regenerate(id, 4)).status).toBe(201);
    const { messages } = await answered(id);
    expect(messages.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(messages[3]).toMatchObject({ outcome: "stopped" });
    await slow.stop();
  });

  test("is refused for a failed reply", async () => {
    const silent = await startBackend({
      env: {
        MODEL_PROVIDER: "openai",
        OPENAI_BASE_URL: "http://127.0.0.1:9",
        MODELS: "openai/none",
      },
    });
    const body = { text: "Hello?" };
    const { conversation } = await createConversation(owner, body, silent);
    await waitFor(
      async () =>
        (await read(conversation.id, silent)).reply?.status === "failed",
    );
    const refused = await regenerate(conversation.id, 2, { at: silent });
    expect(refused.status).toBe(409);
    expect(detailOf(refused)).toContain("Retry");
    await silent.stop();
  });

  test("is refused beyond the limit of versions", async () => {
    const id = await begin();
    for (let version = 2; version <= limits.versions; version++) {
      const asked = await regenerate(id, 2 * version - 2);
      expect(asked.status).toBe(201);
      await answered(id);
    }
    const refused = await regenerate(id, 2 * limits.versions);
    expect(refused.status).toBe(409);
    expect(detailOf(refused)).toContain(`limit of ${limits.versions} versions`);
  });
});

test("a prompt that continues another thread is refused beyond the limit of branches", async () => {
  const most = limits.branches;
  try {
    const id = await begin();
    await regenerate(id, 2);
    await answered(id);
    Object.assign(limits, { branches: 1 });
    for (const queue of [true, false]) {
      const refused = await say(id, { text: "And now?", follows: 2, queue });
      expect(refused.status).toBe(409);
      expect(detailOf(refused)).toContain("limit of 1 branches");
    }
    const sent = await say(id, { text: "And now?", follows: 4 });
    expect(sent.status).toBe(201);
    const queued = { text: "And then?", follows: 2, queue: true };
    expect((await say(id, queued)).status).toBe(409);
  } finally {
    Object.assign(limits, { branches: most });
  }
});

describe("an edited last prompt", () => {
  test("becomes another version, and keeps the earlier one with its reply", async () => {
    const id = await begin();
    const before = await read(id);
    const sent = await say(id, { text: "I feel found", insteadOf: 1 });
    expect(SentMessage.parse(sent.body).message).toMatchObject({
      number: 3,
      insteadOf: 1,
      text: "I feel found",
    });
    const { messages } = await answered(id);
    expect(messages.slice(0, 2)).toEqual(before.messages);
    expect(await askedFor(id, 4)).toEqual(["I feel found"]);
    await say(id, { text: "I feel fine", insteadOf: 3 });
    await answered(id);
    expect(await askedFor(id, 6)).toEqual(["I feel fine"]);
  });

  test("may be any: its version has the thread before it, and carries the branches along", async () => {
    const id = await begin();
    await say(id, { text: "I feel old" });
    await answered(id);
    const sent = await say(id, { text: "I feel found", insteadOf: 1 });
    expect(SentMessage.parse(sent.body).message).toMatchObject({
      number: 5,
      insteadOf: 1,
    });
    await answered(id);
    expect(await askedFor(id, 6)).toEqual(["I feel found"]);
    const query = "?messages=50&thread=0";
    const newest = await readConversation(owner, id, { query });
    expect(newest.messages.map(({ number }) => number)).toEqual([5, 6]);
    expect(newest).toMatchObject({
      hasOlder: false,
      thread: { branches: [{ number: 5, insteadOf: 1 }], newest: 5, last: 5 },
    });
    const first = await readConversation(owner, id, {
      query: "?messages=50&thread=2",
    });
    expect(first.messages.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    for (const insteadOf of [2, 9]) {
      expect((await say(id, { text: "No", insteadOf })).status).toBe(404);
    }
  });

  test("is found among its versions from any later message, without reading them all", async () => {
    const id = await begin();
    await say(id, { text: "I feel found", insteadOf: 1 });
    for (let turn = 0; turn < 45; turn++) {
      await answered(id);
      await say(id, { text: `More ${turn}` });
    }
    await answered(id);
    const { thread } = await readConversation(owner, id, {
      query: "?messages=10&thread=0",
    });
    expect(thread?.branches).toEqual([{ number: 3, insteadOf: 1 }]);
  });
});

describe("a repeated regenerate", () => {
  test("at two processes at once starts one reply and refuses the others", async () => {
    const other = await startBackend({ directory: backend.directory });
    const id = await begin();
    const tabs = [backend, other, backend, other];
    const answers = await Promise.all(
      tabs.map((at) => regenerate(id, 2, { at })),
    );
    const refusals = answers.filter(({ status }) => status === 409);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(refusals).toHaveLength(3);
    for (const refused of refusals) {
      expect(detailOf(refused)).toMatch(
        /newer message was sent|still being written/,
      );
    }
    expect((await answered(id)).messages).toHaveLength(4);
    await other.stop();
  });

  test("with one idempotency key has one effect on any process", async () => {
    const other = await startBackend({ directory: backend.directory });
    const id = await begin();
    const key = randomUUID();
    const answers = await Promise.all(
      [backend, other, other, backend].map((at) =>
        regenerate(id, 2, { at, key }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    await answered(id);
    expect((await regenerate(id, 2, { key })).status).toBe(201);
    expect((await answered(id)).messages).toHaveLength(4);
    await other.stop();
  });

  test("with the key of another message is refused", async () => {
    const id = await begin();
    const path = `/v1/conversations/${id}/messages`;
    const headers = { "idempotency-key": "the-same" };
    const body = { text: "I feel old" };
    await callApi(backend, "POST", path, { owner, body, headers });
    await answered(id);
    const refused = await regenerate(id, 4, { key: "the-same" });
    expect(refused.status).toBe(409);
    expect(detailOf(refused)).toContain("idempotency-key");
  });
});

/** The file system of a process that can be killed: after so many calls none happens any more. */
function mortal() {
  let left = Infinity;
  const live = () => {
    if (left-- <= 0) throw Object.assign(new Error("killed"), { code: "EIO" });
  };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    readdir: (folder) => guarded(() => nodeFileSystem.readdir(folder)),
    readFile: (file) => guarded(() => nodeFileSystem.readFile(file)),
    link: (file, name) => guarded(() => nodeFileSystem.link(file, name)),
    unlink: (file) => guarded(() => nodeFileSystem.unlink(file)),
    mkdir: (folder) => guarded(() => nodeFileSystem.mkdir(folder)),
    syncDirectory: (folder) =>
      guarded(() => nodeFileSystem.syncDirectory(folder)),
    open: (file, flags) =>
      guarded(async () => {
        const open = await nodeFileSystem.open(file, flags);
        return {
          ...open,
          write: (data, position) => guarded(() => open.write(data, position)),
          sync: () => guarded(() => open.sync()),
        };
      }),
  };
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    live();
    return work();
  }
  return { fileSystem, dieAfter: (calls: number) => (left = calls) };
}

test("a process killed between any two storage calls leaves the old state, or a reply that another process finishes", async () => {
  const directory = await temporaryDirectory();
  const env = { REPLIES_PER_OWNER: "100", LEASE_SECONDS: "0.2" };
  const survivor = await startBackend({ directory, env });
  const kills = Array.from({ length: 48 }, (_, calls) => calls);
  const ends: string[] = [];
  for (const calls of kills) {
    const id = await begin("I feel lost", survivor);
    const { fileSystem, dieAfter } = mortal();
    const victim = await startBackend({ directory, fileSystem, env });
    dieAfter(calls);
    await regenerate(id, 2, { at: victim });
    const { messages } = await answered(id, survivor);
    const newest = messages.filter(isReply)[1];
    ends.push(newest ? `asked again, ${newest.outcome}` : "as it was");
    expect([2, 4]).toContain(messages.length);
    expect(newest?.text).not.toBe("");
    await victim.kill();
  }
  expect(new Set(ends)).toEqual(
    new Set(["as it was", "asked again, complete"]),
  );
  await survivor.stop();
  await rm(directory, { recursive: true });
}, 120_000);
