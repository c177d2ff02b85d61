import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { operations } from "../../app/core/api/operations";
import { isPrompt, isReply, limits } from "../../app/core/domain/records";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { createReleasedModel } from "../support/released-model";
import {
  createConversation,
  detailOf,
  readConversation,
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

const { provider, released, asked } = createReleasedModel({
  opening: "You said: ",
});

let directory: string;
let one: TestBackend;
let other: TestBackend;

const start = () =>
  startBackend({
    directory,
    providers: [provider],
    env: { LEASE_SECONDS: "2", REPLIES_PER_OWNER: "100", SYSTEM_PROMPT: "" },
  });

beforeAll(async () => {
  directory = await temporaryFolder();
  one = await start();
  other = await start();
});
afterAll(async () => {
  await one.stop();
  await other.stop();
});

const read = (id: string, at = one) => readConversation(owner, id, { at });

const call = (
  method: string,
  id: string,
  rest: string,
  body?: object,
  at = one,
) => callApi(at, method, `/v1/conversations/${id}/${rest}`, { owner, body });

async function send(
  id: string,
  text: string,
  { at = one, key = randomUUID() } = {},
) {
  const answer = await callApi(at, "POST", `/v1/conversations/${id}/messages`, {
    owner,
    body: { text, queue: true },
    headers: { "idempotency-key": key },
  });
  return { ...answer, text };
}

const sentIn = ({ body }: { body: unknown }) =>
  operations.sendMessage.answer.parse(body);

/** A conversation whose first reply is being written. */
async function writing(text = `first ${randomUUID()}`) {
  const { conversation } = await createConversation(owner, { text }, one);
  return { id: conversation.id, text };
}

const textsOf = async (id: string, at = one) =>
  (await read(id, at)).messages.filter(isPrompt).map(({ text }) => text);

const queueOf = async (id: string, at = one) =>
  (await read(id, at)).queue?.map(({ text }) => text);

const whenDone = (id: string) =>
  waitFor(async () => {
    const { reply, queue, messages } = await read(id);
    return reply === null && queue?.length === 0 && messages;
  });

/** A text that no other test uses. */
const unique = (text: string) => `${text} ${randomUUID()}`;

it("queues a message while a reply is written, and answers it next, with no page open", async () => {
  const { id, text } = await writing();
  const next = unique("next");
  const answer = await send(id, next, { at: other });
  expect(answer.status).toBe(201);
  expect(sentIn(answer)).toMatchObject({
    message: { number: 3, text: next },
    reply: { number: 4 },
    queued: true,
  });
  expect(await textsOf(id)).toEqual([text]);
  expect(await queueOf(id)).toEqual([next]);
  released.set(text, "answer").set(next, "answer");
  await waitFor(async () =>
    asked.some((messages) => messages.at(-1)?.text === next),
  );
  const messages = await whenDone(id);
  expect(messages.map(({ number, text: said }) => [number, said])).toEqual([
    [1, text],
    [2, `You said: ${text}`],
    [3, next],
    [4, `You said: ${next}`],
  ]);
});

it("gives the model all that was said before a queued message", async () => {
  const { id, text } = await writing();
  const next = unique("next");
  await send(id, next);
  released.set(text, "answer").set(next, "answer");
  await whenDone(id);
  const request = asked.find((messages) => messages.at(-1)?.text === next);
  expect(request?.map((message) => message.text)).toEqual([
    text,
    `You said: ${text}`,
    next,
  ]);
});

it("refuses a message while a reply is written if the client knows no queue", async () => {
  const { id } = await writing();
  const answer = await call("POST", id, "messages", { text: "Hello?" });
  expect(answer.status).toBe(409);
  expect(detailOf(answer)).toMatch(/still being written/);
});

it("keeps what many tabs send at once, on two processes, and answers each once in order", async () => {
  const { id, text } = await writing();
  const texts = Array.from({ length: 8 }, (_, n) => unique(`tab ${n}`));
  const answers = await Promise.all(
    texts.map((one_, n) => send(id, one_, { at: n % 2 ? one : other })),
  );
  expect(answers.map(({ status }) => status)).toEqual(texts.map(() => 201));
  const order = answers
    .toSorted((a, b) => sentIn(a).message.number - sentIn(b).message.number)
    .map((answer) => answer.text);
  expect(await queueOf(id, other)).toEqual(order);
  for (const each of [text, ...texts]) released.set(each, "answer");
  const messages = await whenDone(id);
  expect(messages.filter(isPrompt).map((message) => message.text)).toEqual([
    text,
    ...order,
  ]);
  expect(messages.filter(isReply)).toHaveLength(9);
  expect(messages.map(({ number }) => number)).toEqual(
    Array.from({ length: 18 }, (_, index) => index + 1),
  );
});

it("keeps what two tabs send at once after a reply", async () => {
  for (let round = 0; round < 10; round++) {
    const { id, text } = await writing();
    released.set(text, "answer");
    await whenDone(id);
    const texts = [unique("left"), unique("right")];
    const answers = await Promise.all([
      send(id, texts[0]!, { at: one }),
      send(id, texts[1]!, { at: other }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    for (const each of texts) released.set(each, "answer");
    const messages = await whenDone(id);
    const said = messages.filter(isPrompt).map((message) => message.text);
    expect(said.toSorted()).toEqual([text, ...texts].toSorted());
  }
}, 60_000);

it("finds a queued message by its idempotency key, also after an edit and after its reply", async () => {
  const { id, text } = await writing();
  const next = unique("next");
  const edited = unique("edited");
  const key = randomUUID();
  const first = await send(id, next, { key });
  const again = await send(id, next, { key, at: other });
  expect(again.body).toEqual(first.body);
  expect(await queueOf(id)).toEqual([next]);
  await call("PATCH", id, "queue/3", { text: edited });
  expect((await send(id, next, { key })).body).toEqual(first.body);
  expect((await send(id, "Something else", { key })).status).toBe(409);
  released.set(text, "answer").set(edited, "answer");
  await whenDone(id);
  expect((await send(id, next, { key })).body).toEqual(first.body);
  expect(await textsOf(id)).toEqual([text, edited]);
});

it("finds a message that was sent at once by its idempotency key while others are queued", async () => {
  const { id, text } = await writing();
  released.set(text, "answer");
  await whenDone(id);
  const [direct, next] = [unique("direct"), unique("next")];
  const key = randomUUID();
  const first = await send(id, direct, { key });
  await send(id, next);
  for (const at of [one, other]) {
    const again = await send(id, direct, { key, at });
    expect([again.status, again.body]).toEqual([201, first.body]);
  }
  expect((await send(id, "Something else", { key })).status).toBe(409);
  expect(await queueOf(id)).toEqual([next]);
  released.set(direct, "answer").set(next, "answer");
  await whenDone(id);
  expect(await textsOf(id)).toEqual([text, direct, next]);
});

it("edits and withdraws a queued message on any process, until its reply begins", async () => {
  const { id, text } = await writing();
  const [second, third, fourth] = [unique("2"), unique("3"), unique("4")];
  for (const each of [second, third, fourth]) await send(id, each);
  const edited = unique("2, edited");
  const edit = await call("PATCH", id, "queue/3", { text: edited }, other);
  expect(edit.status).toBe(200);
  expect(edit.body).toMatchObject({ number: 3, text: edited });
  expect((await call("DELETE", id, "queue/5", undefined, other)).status).toBe(
    204,
  );
  expect((await call("DELETE", id, "queue/5")).status).toBe(204);
  expect(await queueOf(id)).toEqual([edited, fourth]);
  expect(
    (await call("PATCH", id, "queue/5", { text: "Too late" })).status,
  ).toBe(409);
  expect((await call("PATCH", id, "queue/9", { text: "Unknown" })).status).toBe(
    404,
  );
  released.set(text, "answer").set(edited, "answer").set(fourth, "answer");
  const messages = await whenDone(id);
  expect(messages.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await textsOf(id)).toEqual([text, edited, fourth]);
  const late = await call("PATCH", id, "queue/3", { text: "Too late" });
  expect(late.status).toBe(409);
  expect(detailOf(late)).toMatch(/has begun/);
  expect((await call("DELETE", id, "queue/3")).status).toBe(409);
});

it("hides the queue from other owners", async () => {
  const { id } = await writing();
  await send(id, unique("next"));
  const route = `/v1/conversations/${id}/queue/3`;
  for (const [method, body] of [
    ["DELETE", undefined],
    ["PATCH", { text: "Mine" }],
  ] as const) {
    const answer = await callApi(one, method, route, { owner: "eve", body });
    expect(answer.status).toBe(404);
  }
});

it("continues the queue after a Stop", async () => {
  const { id } = await writing();
  const next = unique("next");
  await send(id, next);
  released.set(next, "answer");
  expect(
    (await call("POST", id, "replies/2/stop", undefined, other)).status,
  ).toBe(204);
  const messages = await whenDone(id);
  expect(messages.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  expect(messages[1]).toMatchObject({ outcome: "stopped" });
});

/** A conversation whose reply failed while a message was queued. */
async function paused() {
  const { id, text } = await writing();
  const next = unique("next");
  await send(id, next);
  released.set(text, "fail").set(next, "answer");
  await waitFor(async () => (await read(id)).reply?.status === "failed");
  return { id, text, next };
}

it("waits after a failure, and goes on after a Retry", async () => {
  const { id, text, next } = await paused();
  await waitFor(async () => !(await markers()).includes(queueMarker(id)));
  expect(await queueOf(id)).toEqual([next]);
  expect(await textsOf(id)).toEqual([text]);
  released.set(text, "answer");
  expect(
    (await call("POST", id, "replies/2/retry", undefined, other)).status,
  ).toBe(204);
  const messages = await whenDone(id);
  expect(messages.map(({ text: said }) => said)).toEqual([
    text,
    `You said: ${text}`,
    next,
    `You said: ${next}`,
  ]);
});

it("goes on after a failure when the visitor says so, and keeps the failed reply", async () => {
  const { id, text, next } = await paused();
  const more = unique("more");
  released.set(more, "answer");
  expect((await send(id, more)).status).toBe(201);
  expect(await queueOf(id)).toEqual([next, more]);
  for (const at of [one, other]) {
    expect(
      (await call("POST", id, "queue/continue", undefined, at)).status,
    ).toBe(204);
  }
  const messages = await whenDone(id);
  expect(messages.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(messages[1]).toMatchObject({ outcome: "failed", text: "You said: " });
  expect(await textsOf(id)).toEqual([text, next, more]);
  expect((await call("POST", id, "replies/2/retry")).status).toBe(409);
});

it("decides once between a Retry and the order to go on, on two processes", async () => {
  for (let round = 0; round < 10; round++) {
    const { id, text, next } = await paused();
    released.set(text, "answer");
    await Promise.all([
      call("POST", id, "replies/2/retry", undefined, round % 2 ? one : other),
      call("POST", id, "queue/continue", undefined, round % 2 ? other : one),
    ]);
    const messages = await whenDone(id);
    expect(messages.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    expect(await textsOf(id)).toEqual([text, next]);
  }
}, 60_000);

it("can be retried after the last queued message was withdrawn", async () => {
  const { id, text } = await paused();
  expect((await call("DELETE", id, "queue/3")).status).toBe(204);
  expect((await call("POST", id, "queue/continue")).status).toBe(204);
  released.set(text, "answer");
  expect((await call("POST", id, "replies/2/retry")).status).toBe(204);
  expect((await whenDone(id)).map(({ number }) => number)).toEqual([1, 2]);
});

it("bounds the characters of the queue, and says so", async () => {
  const { id } = await writing();
  const long = (name: string) =>
    unique(name).padEnd(limits.queuedCharacters / 2);
  const [first, second, third] = [
    long("first"),
    long("second"),
    unique("third"),
  ];
  expect((await send(id, first)).status).toBe(201);
  expect((await send(id, second)).status).toBe(201);
  const refused = await send(id, third);
  expect(refused.status).toBe(409);
  expect(detailOf(refused)).toBe(
    "The queued messages are too long together. Wait for a reply or withdraw one, then send again.",
  );
  const longer = { text: `${second} and more` };
  expect((await call("PATCH", id, "queue/5", longer)).status).toBe(409);
  expect((await call("PATCH", id, "queue/5", { text: "two" })).status).toBe(
    200,
  );
  expect((await send(id, third)).status).toBe(201);
});

it("bounds the queue, and says so", async () => {
  const { id } = await writing();
  const answers = [];
  for (let n = 0; n <= limits.queuedPrompts; n++) {
    answers.push(await send(id, unique("more")));
  }
  expect(answers.at(-2)?.status).toBe(201);
  const refused = answers.at(-1)!;
  expect(refused.status).toBe(409);
  expect(detailOf(refused)).toBe(
    "10 messages are queued already. Wait for a reply or withdraw one, then send again.",
  );
  await call("DELETE", id, "queue/3");
  expect((await send(id, unique("again"))).status).toBe(201);
});

const queueMarker = (id: string) => `queue.${hashOf(owner)}.${id}`;

const markers = () => readdir(path.join(directory, "records/in-progress"));

it("is continued by another process if the one that wrote the reply is killed", async () => {
  const { id, text } = await writing();
  const next = unique("next");
  await send(id, next, { at: one });
  expect(await markers()).toContain(queueMarker(id));
  // The process is gone as after SIGKILL: nothing is handed over by it any more.
  const killed = one;
  one = other;
  await killed.kill();
  released.set(text, "answer").set(next, "answer");
  await waitFor(async () =>
    asked.some((messages) => messages.at(-1)?.text === next),
  );
  await whenDone(id);
  expect(await textsOf(id)).toEqual([text, next]);
  one = await start();
});

it("starts nothing in a conversation that is deleted, and goes on when it is restored", async () => {
  const { id, text } = await writing();
  const next = unique("next");
  await send(id, next);
  released.set(next, "answer");
  await callApi(one, "DELETE", `/v1/conversations/${id}`, { owner });
  await waitFor(
    async () => !(await markers()).some((name) => name.includes(id)),
  );
  expect(asked.some((messages) => messages.at(-1)?.text === next)).toBe(false);
  await call("POST", id, "restore");
  const messages = await whenDone(id);
  expect(messages.filter(isPrompt).map((message) => message.text)).toEqual([
    text,
    next,
  ]);
});

it("is erased with everything else", async () => {
  const eve = randomUUID();
  const { conversation } = await createConversation(
    eve,
    { text: unique("eve") },
    one,
  );
  const next = unique("next");
  await callApi(one, "POST", `/v1/conversations/${conversation.id}/messages`, {
    owner: eve,
    body: { text: next, queue: true },
  });
  released.set(next, "answer");
  const erased = await callApi(one, "DELETE", "/v1/owner", { owner: eve });
  expect(erased.status).toBe(204);
  expect(
    (await markers()).filter((name) => name.includes(hashOf(eve))),
  ).toEqual([]);
  expect(asked.some((messages) => messages.at(-1)?.text === next)).toBe(false);
});
