import { createHash, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import {
  answerWith,
  streamAndBreak,
  streamAndHang,
  textEvent,
} from "../support/openai-server";
import {
  type ScriptedServer,
  startScriptedServer,
} from "../support/scripted-server";
import {
  createConversation,
  readConversation,
  sendMessage,
  detailOf,
} from "../support/fixtures";
import {
  callApi,
  startBackend,
  type TestBackend,
} from "../support/start-backend";
import { temporaryFolders } from "../support/temporary-folder";
import { waitFor } from "../support/wait-for";

const temporaryFolder = temporaryFolders();
const owner = randomUUID();

let model: ScriptedServer;
let isDown: boolean;
let isBreaking = false;
let directory: string;
let one: TestBackend;
let other: TestBackend;

beforeAll(async () => {
  model = await startScriptedServer();
  const refuse = answerWith(400, { error: { message: "No." } });
  const stall = streamAndHang(textEvent("So "));
  const interrupt = streamAndBreak(textEvent("The answer is"));
  model.on("/chat/completions", (...asked) => {
    if (isBreaking) return interrupt(...asked);
    return isDown ? refuse(...asked) : stall(...asked);
  });
  directory = await temporaryFolder();
  const env = {
    MODEL_PROVIDER: "openai",
    OPENAI_BASE_URL: model.url,
    MODELS: "openai/one",
    LEASE_SECONDS: "60",
    // A process that reads a reply while it ends can add it to the index again until the next scan.
    REPLIES_PER_OWNER: "100",
  };
  one = await startBackend({ directory, env });
  other = await startBackend({ directory, env });
});

afterAll(async () => {
  await one.stop();
  await other.stop();
  await model.close();
});

const read = (id: string, at = one) => readConversation(owner, id, { at });

/** A conversation whose last reply failed, for a model that answers by now. */
async function failed(): Promise<string> {
  isDown = true;
  const prompt = { text: "I feel lost" };
  const { conversation } = await createConversation(owner, prompt, one);
  const { id } = conversation;
  await waitFor(async () => (await read(id)).reply?.status === "failed");
  isDown = false;
  return id;
}

/** A conversation whose last reply was interrupted after some text. */
async function interrupted(): Promise<string> {
  isBreaking = true;
  try {
    return await failed();
  } finally {
    isBreaking = false;
  }
}

const retry = (id: string, number: number, at = one) =>
  callApi(at, "POST", `/v1/conversations/${id}/replies/${number}/retry`, {
    owner,
  });

const say = (id: string, text: string, at = one, insteadOf?: number) =>
  sendMessage(owner, id, { text, insteadOf }, { at });

const stop = (id: string, number: number) =>
  callApi(one, "POST", `/v1/conversations/${id}/replies/${number}/stop`, {
    owner,
  });

test.each(["a prompt", "an edit"])(
  "a concurrent Retry and %s on two processes: one is done, the other gets a 409",
  async (what) => {
    const insteadOf = what === "an edit" ? 1 : undefined;
    for (let round = 0; round < 10; round++) {
      const id = await failed();
      const [tried, sent] = await Promise.all(
        round % 2 === 0
          ? [retry(id, 2, one), say(id, "And now?", other, insteadOf)]
          : [retry(id, 2, other), say(id, "And now?", one, insteadOf)],
      );
      const hasRetried = tried.status === 204;
      expect([tried.status, sent.status]).toEqual(
        hasRetried ? [204, 409] : [409, 201],
      );
      expect(detailOf(hasRetried ? sent : tried)).toMatch(
        /still being written|newer message was sent/,
      );
      const { messages, reply } = await read(id, other);
      expect(messages.map(({ text }) => text)).toEqual(
        hasRetried ? ["I feel lost"] : ["I feel lost", "", "And now?"],
      );
      const number = hasRetried ? 2 : 4;
      expect(reply).toMatchObject({ number, status: "writing" });
      expect((await stop(id, number)).status).toBe(204);
    }
  },
);

test("concurrent Retries start one reply", async () => {
  const id = await failed();
  const asked = model.requests.length;
  const all = [one, other, one, other].map((at) => retry(id, 2, at));
  const statuses = (await Promise.all(all)).map(({ status }) => status);
  expect(statuses).toEqual([204, 204, 204, 204]);
  await waitFor(async () => (await read(id)).reply?.text === "So ");
  expect(model.requests).toHaveLength(asked + 1);
  expect((await stop(id, 2)).status).toBe(204);
});

test("a failed reply can't be retried after the next prompt, and its stream is closed", async () => {
  const id = await failed();
  const stream = `/v1/conversations/${id}/replies/2?offset=-1`;
  const open = await callApi(one, "GET", stream, { owner });
  expect(open.headers.get("stream-closed")).toBeNull();
  expect((await say(id, "And now?")).status).toBe(201);
  for (const at of [one, other]) {
    const refused = await retry(id, 2, at);
    expect(refused.status).toBe(409);
    expect(detailOf(refused)).toContain("A newer message was sent");
    const closed = await callApi(at, "GET", stream, { owner });
    expect(closed.headers.get("stream-closed")).toBe("true");
    expect(closed.body).toEqual(open.body);
  }
  expect((await read(id)).reply).toMatchObject({ number: 4 });
  expect((await stop(id, 4)).status).toBe(204);
  // Nor where an earlier version went on, which tells it by nothing but the messages.
  const ownerHash = createHash("sha256").update(owner).digest("hex");
  const folders = recordFoldersIn(path.join(directory, "records"));
  await rm(
    path.join(folders.reply({ ownerHash, conversation: id, number: 2 }), "3"),
  );
  expect((await retry(id, 2)).status).toBe(409);
});

test.each(["a prompt", "an edit"])(
  "an interrupted reply stays among the messages after %s, and a missing one is restored when the page is read",
  async (what) => {
    const insteadOf = what === "an edit" ? 1 : undefined;
    const id = await interrupted();
    const { reason } = (await read(id)).reply ?? {};
    expect(reason).toBeTruthy();
    expect((await say(id, "And now?", other, insteadOf)).status).toBe(201);
    const expected = [
      { number: 1, text: "I feel lost" },
      { number: 2, text: "The answer is", outcome: "failed", reason },
      { number: 3, text: "And now?" },
    ];
    expect((await read(id, other)).messages).toMatchObject(expected);
    // A process died before it saved the reply, or ran an earlier version of the program.
    const ownerHash = createHash("sha256").update(owner).digest("hex");
    const folders = recordFoldersIn(path.join(directory, "records"));
    await rm(path.join(folders.messages(ownerHash, id), "2"));
    for (const at of [one, other]) {
      expect((await read(id, at)).messages).toMatchObject(expected);
    }
    expect((await stop(id, 4)).status).toBe(204);
  },
);

test("the text of an interrupted reply goes with the history to the model", async () => {
  const id = await interrupted();
  expect((await say(id, "And now?")).status).toBe(201);
  await waitFor(async () => (await read(id)).reply?.text === "So ");
  expect(JSON.stringify(model.requests.at(-1))).toMatch(
    /I feel lost.*The answer is.*And now\?/,
  );
  expect((await stop(id, 4)).status).toBe(204);
});

test("a failed reply of a deleted turn keeps its status, and its text is not shown", async () => {
  const id = await interrupted();
  expect((await read(id)).reply?.text).toBe("The answer is");
  const turn = `/v1/conversations/${id}/turns/1`;
  await callApi(one, "DELETE", turn, { owner });
  for (const at of [one, other]) {
    expect((await read(id, at)).reply).toMatchObject({
      number: 2,
      status: "failed",
      text: "",
    });
  }
  await callApi(one, "POST", `${turn}/restore`, { owner });
  expect((await read(id)).reply?.text).toBe("The answer is");
});
