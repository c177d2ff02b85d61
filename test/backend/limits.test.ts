import {
  createConversation,
  detailOf,
  readConversation,
} from "../support/fixtures";
import { createReleasedModel } from "../support/released-model";
import {
  callApi,
  startBackend,
  type TestBackend,
} from "../support/start-backend";
import { waitFor } from "../support/wait-for";

let backend: TestBackend;
afterEach(() => backend.stop());

const begin = (owner: string) =>
  callApi(backend, "POST", "/v1/conversations", {
    body: { text: "Please write 1000 words" },
    owner,
  });

/** The number of answers with each of two statuses, and with any other. */
async function countOf(
  asked: ReturnType<typeof callApi>[],
  ...expected: [number, number]
): Promise<number[]> {
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  const counts = expected.map(
    (status) => statuses.filter((one) => one === status).length,
  );
  return [...counts, statuses.length - counts.reduce((sum, one) => sum + one)];
}

it("starts at most REPLIES_PER_OWNER replies at once for one owner", async () => {
  backend = await startBackend({
    env: { REPLIES_PER_OWNER: "3", ELIZA_DELAY_MS: "60000" },
  });
  const asked = Array.from({ length: 20 }, () => begin("ada"));
  expect(await countOf(asked, 201, 429)).toEqual([3, 17, 0]);
  expect((await begin("grace")).status).toBe(201);
});

it("starts at most REPLIES_PER_PROCESS replies at once on one process", async () => {
  backend = await startBackend({
    env: { REPLIES_PER_PROCESS: "3", ELIZA_DELAY_MS: "60000" },
  });
  const asked = Array.from({ length: 20 }, (_, index) => begin(`ada-${index}`));
  expect(await countOf(asked, 201, 503)).toEqual([3, 17, 0]);
});

it("does not count replies that were refused or failed to start", async () => {
  backend = await startBackend({
    env: { REPLIES_PER_PROCESS: "1", ELIZA_DELAY_MS: "60000" },
  });
  const { replies } = backend.parts;
  await replies.reserveSlot("an owner");
  replies.releaseSlot("an owner");
  expect((await begin("ada")).status).toBe(201);
  expect((await begin("grace")).status).toBe(503);
});

const { provider, released } = createReleasedModel({ answer: "Done" });

it("continues a queue after a failure only within REPLIES_PER_OWNER, and lets the visitor repeat it", async () => {
  backend = await startBackend({
    env: { REPLIES_PER_OWNER: "1" },
    providers: [provider],
  });
  const read = (id: string) => readConversation("ada", id, { at: backend });
  const proceed = (id: string) =>
    callApi(backend, "POST", `/v1/conversations/${id}/queue/continue`, {
      owner: "ada",
    });
  const start = async (text: string) =>
    (await createConversation("ada", { text }, backend)).conversation.id;
  const first = await start("first");
  await callApi(backend, "POST", `/v1/conversations/${first}/messages`, {
    owner: "ada",
    body: { text: "queued", queue: true },
  });
  released.set("first", "fail");
  await waitFor(async () => (await read(first)).reply?.status === "failed");
  const second = await waitFor(() => start("second").catch(() => undefined));

  const refused = await proceed(first);
  expect(refused.status).toBe(429);
  expect(detailOf(refused)).toMatch("You already have 1 replies in progress");
  const { reply, queue } = await read(first);
  expect(reply?.status).toBe("failed");
  expect(queue).toHaveLength(1);

  released.set("second", "answer");
  await waitFor(async () => (await read(second)).reply === null);
  await waitFor(async () => (await proceed(first)).status === 204);
  // A second click finds the reply in progress, and is no fault.
  expect((await proceed(first)).status).toBe(204);
  released.set("queued", "answer");
  const { messages } = await waitFor(async () => {
    const page = await read(first);
    return page.messages.length === 4 && page;
  });
  expect(messages.map(({ text }) => text)).toEqual([
    "first",
    "",
    "queued",
    "Done",
  ]);
});
