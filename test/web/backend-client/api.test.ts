import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer, request as forward } from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
} from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fixedTokens } from "../../../app/core/config/tokens";
import { freePorts } from "../../../scripts/local/free-ports";
import type { ApiContext } from "../../../app/web/backend-client/api";
import type { ConnectedApi } from "../../../app/web/backend-client/api";
import { connectApi, request } from "../../support/connect-api";
import { ConversationPage, isPrompt } from "../../../app/core/domain/records";
import {
  callApi,
  startBackend,
  TOKEN,
  type TestBackend,
} from "../../support/start-backend";
import { temporaryFolders } from "../../support/temporary-folder";
import { once, waitFor } from "../../support/wait-for";

const temporaryFolder = temporaryFolders();
let backend: TestBackend;
let api: ConnectedApi;

beforeAll(async () => {
  backend = await startBackend();
  api = connectApi(backend.url);
});

afterAll(async () => {
  await api.close();
  await backend.stop();
});

/** Bypasses the cache, which shows other sessions' changes late. */
async function readNow(owner: string, id: string): Promise<ConversationPage> {
  const path = `/v1/conversations/${id}`;
  const { body } = await callApi(backend, "GET", path, { owner });
  return ConversationPage.parse(body);
}

const answered = (owner: string, id: string) =>
  waitFor(async () => (await readNow(owner, id)).reply === null);

async function talk(owner: string, text = "Hello"): Promise<string> {
  const made = await api.createConversation(request(owner), { text });
  await answered(owner, made.conversation.id);
  return made.conversation.id;
}

/** The calls of a conversation's page. */
const page = (context: ApiContext, id: string, from = api) =>
  Promise.all([
    from.readOverview(context),
    from.readConversation(context, id, { limit: 50 }),
  ]);

const sent = (context: ApiContext) =>
  context.calls.filter(({ cached }) => !cached).length;

test("loads the page of a conversation with two calls, and again with none", async () => {
  const owner = randomUUID();
  const id = await talk(owner);
  const other = connectApi(backend.url, { recordAgeMs: 600_000 });
  const cold = request(owner);
  await page(cold, id, other);
  expect(sent(cold)).toBe(2);
  const warm = request(owner);
  backend.takeCalls();
  const [overview, { messages }] = await page(warm, id, other);
  expect(sent(warm)).toBe(0);
  expect(backend.takeCalls()).toBe(0);
  expect(overview.conversations.map((one) => one.id)).toEqual([id]);
  expect(overview.models[0]?.name).toBe("Eliza");
  expect(messages).toHaveLength(2);
  await other.close();
});

test("shows a reply regenerated through one pod on another at the session's next request", async () => {
  const owner = randomUUID();
  const id = await talk(owner, "I feel lost");
  const pods = [connectApi(backend.url), connectApi(backend.url)] as const;
  const versions: Record<string, number> = {};
  const limit = { limit: 40 };
  for (const pod of pods) {
    await pod.readConversation(request(owner, versions), id, limit);
  }
  const number = await pods[0].regenerateReply(request(owner, versions), id, 2);
  expect(number).toBe(4);
  const context = request(owner, versions);
  const seen = await pods[1].readConversation(context, id, limit);
  const prompts = seen.messages.filter(isPrompt);
  expect(prompts.map((one) => one.insteadOf)).toEqual([undefined, 1]);
  await answered(owner, id);
  // A client that watched the reply to its end has counted the change.
  const events = pods[1].watchReply(
    context,
    id,
    number,
    undefined,
    AbortSignal.timeout(60_000),
  );
  for await (const { event } of events) expect(event.kind).toBeDefined();
  for (const pod of pods) {
    const { messages } = await pod.readConversation(
      request(owner, versions),
      id,
      limit,
    );
    expect(messages).toEqual((await readNow(owner, id)).messages);
    expect(messages).toHaveLength(4);
  }
  for (const pod of pods) await pod.close();
});

test("shows a change made through one pod on another at the session's next request", async () => {
  const owner = randomUUID();
  const id = await talk(owner);
  const pods = [connectApi(backend.url), connectApi(backend.url)];
  const versions: Record<string, number> = {};
  for (const pod of pods) await page(request(owner, versions), id, pod);
  for (const [index, pod] of [...pods, ...pods].entries()) {
    const title = `Title ${index}`;
    await pod.changeConversation(request(owner, versions), id, { title });
    for (const reader of pods) {
      const [list, { conversation }] = await page(
        request(owner, versions),
        id,
        reader,
      );
      expect(list.conversations[0]?.title).toBe(title);
      expect(conversation.title).toBe(title);
    }
  }
  await pods[0]?.deleteConversation(request(owner, versions), id);
  await expect(page(request(owner, versions), id, pods[1])).rejects.toThrow(
    /conversation does not exist/,
  );
  await Promise.all(pods.map((pod) => pod.close()));
});

test("fetches only new messages, and shows all", async () => {
  const owner = randomUUID();
  const id = await talk(owner);
  const versions: Record<string, number> = {};
  for (let turn = 2; turn <= 5; turn++) {
    await api.sendMessage(request(owner, versions), id, { text: `${turn}` });
    await answered(owner, id);
    const { messages, hasOlder } = await api.readConversation(
      request(owner, versions),
      id,
      { limit: 6 },
    );
    const last = 2 * turn;
    const first = Math.max(1, last - 5);
    expect(messages.map(({ number }) => number)).toEqual(
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    );
    expect(hasOlder).toBe(first > 1);
  }
});

test("serves no owner another owner's records", async () => {
  const id = await talk("ada");
  await page(request("ada"), id);
  await expect(
    api.readConversation(request("grace"), id, { limit: 50 }),
  ).rejects.toMatchObject({ status: 404 });
  const { conversations } = await api.readOverview(request("grace"));
  expect(conversations).toEqual([]);
});

test("follows a reply to its end", async () => {
  const owner = randomUUID();
  const { conversation, reply } = await api.createConversation(request(owner), {
    text: "Hello",
  });
  let text = "";
  const { signal } = new AbortController();
  const events = api.watchReply(
    request(owner),
    conversation.id,
    reply,
    undefined,
    signal,
  );
  for await (const { event } of events) {
    if (event.kind === "end") text = event.text;
  }
  const { messages } = await api.readConversation(
    request(owner),
    conversation.id,
    { limit: 50 },
  );
  expect(messages[1]?.text).toBe(text);
  expect(text).not.toBe("");
});

/** A proxy that loses the first response to each POST. */
async function losingProxy() {
  let lost = 0;
  const server = createServer((incoming, outgoing) => {
    const onward = forward(
      `${backend.url}${incoming.url}`,
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        if (incoming.method === "POST" && lost < 2) {
          lost += 1;
          answer.resume();
          answer.once("end", () => incoming.socket.destroy());
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    lost: () => lost,
    again: () => {
      lost = 0;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

test("repeats a call whose response is lost, and creates one message", async () => {
  const proxy = await losingProxy();
  const through = connectApi(proxy.url);
  const owner = randomUUID();
  const { conversation } = await through.createConversation(request(owner), {
    text: "Hello",
  });
  expect(proxy.lost()).toBe(2);
  await answered(owner, conversation.id);
  proxy.again();
  await through.sendMessage(request(owner), conversation.id, { text: "More" });
  expect(proxy.lost()).toBe(2);
  await answered(owner, conversation.id);
  const { messages } = await readNow(owner, conversation.id);
  expect(messages.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  const { conversations } = await api.readOverview(request(owner));
  expect(conversations).toHaveLength(1);
  await through.close();
  proxy.close();
});

test("reports an unreachable backend with a message, and finds it after its return", async () => {
  // Reserved, so that no other process gets it while the backend is down.
  const [port] = await freePorts(1);
  const directory = await temporaryFolder();
  const other = await startBackend({ port, directory });
  const lonely = connectApi(other.url);
  await lonely.readOverview(request("ada"));
  await other.kill();
  for (let attempt = 0; attempt < 10; attempt++) {
    await expect(
      lonely.createProject(request("ada"), { name: "Love" }),
    ).rejects.toMatchObject({ status: 503, message: /Nothing is lost/ });
  }
  const again = await startBackend({ port, directory });
  const project = await waitFor(() =>
    lonely
      .createProject(request("ada"), { name: "Love" })
      .catch(() => undefined),
  );
  expect(project.name).toBe("Love");
  await lonely.close();
  await again.stop();
});

test("sends the owner, request id, trace, token and deadline with every call", async () => {
  const seen: Record<string, unknown>[] = [];
  const server = createServer((incoming, outgoing) => {
    seen.push(incoming.headers);
    outgoing
      .writeHead(200, { "content-type": "application/json" })
      .end('{"results":[],"complete":true}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const other = connectApi(`http://127.0.0.1:${port}`);
  const context = request("ada");
  await other.search(context, { q: "love" });
  expect(seen).toEqual([
    expect.objectContaining({
      host: `127.0.0.1:${port}`,
      "keepsake-owner": "ada",
      "x-request-id": "test",
      ...context.trace,
      authorization: `Bearer ${TOKEN}`,
      "keepsake-deadline-ms": expect.stringMatching(/^[0-9]+$/),
    }),
  ]);
  await other.close();
  server.close();
  server.closeAllConnections();
});

test("falls back to an older token while the backend does not know the newest", async () => {
  const tokens = fixedTokens("a-token-that-comes-later", TOKEN);
  const rotating = connectApi(backend.url, { tokens });
  const { conversation, reply } = await rotating.createConversation(
    request("rotating"),
    { text: "Hello" },
  );
  const events = [];
  for await (const { event } of rotating.watchReply(
    request("rotating"),
    conversation.id,
    reply,
    undefined,
    AbortSignal.timeout(10_000),
  )) {
    events.push(event.kind);
  }
  expect(events.at(-1)).toBe("end");
  await rotating.close();
});

test("shows a restored conversation at the session's next request", async () => {
  const versions = {};
  const context = () => request("undo", versions);
  const { conversation } = await api.createConversation(context(), {
    text: "Hello",
  });
  await api.deleteConversation(context(), conversation.id);
  const deleted = await api.readOverview(context());
  expect(deleted.conversations).toEqual([]);
  await api.restoreConversation(context(), conversation.id);
  const restored = await api.readOverview(context());
  expect(restored.conversations).toHaveLength(1);
});

test("abandons a connection that is not established in time, and retries the call", async () => {
  // A full backlog drops connections silently, as the address of a deleted pod does.
  const full = spawn(process.execPath, [
    "-e",
    `const server = require("node:net").createServer();
     server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () =>
       require("node:fs").writeSync(1, String(server.address().port)));
     server.once("listening", () => setTimeout(() => {
       for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     }, 50));`,
  ]);
  const [text] = (await once(full.stdout, "data")) as [Buffer];
  const port = Number(text.toString());
  await sleep(200);
  const fill = [1, 2, 3].map(() => connect(port, "127.0.0.1"));
  for (const socket of fill) socket.on("error", () => undefined);
  await sleep(100);
  const read = { deadlineMs: 5_000, attemptMs: 2_500 };
  const waiting = connectApi(`http://127.0.0.1:${port}`, {
    patience: { read, write: read },
  });
  const begun = performance.now();
  await expect(waiting.readOverview(request("waiting"))).rejects.toMatchObject({
    status: 503,
  });
  expect(performance.now() - begun).toBeLessThan(3_000);
  full.kill("SIGKILL");
  for (const socket of fill) socket.destroy();
  await waiting.close();
});

test("gives a retry only the rest of the deadline", async () => {
  const silent = createTcpServer((socket) =>
    socket.on("error", () => undefined),
  );
  await once(silent.listen(0, "127.0.0.1"), "listening");
  const { port } = silent.address() as AddressInfo;
  const read = { deadlineMs: 1_000, attemptMs: 600 };
  const waiting = connectApi(`http://127.0.0.1:${port}`, {
    patience: { read, write: read },
  });
  const begun = performance.now();
  await expect(waiting.readOverview(request("waiting"))).rejects.toMatchObject({
    status: 503,
  });
  expect(performance.now() - begun).toBeGreaterThan(950);
  silent.close();
  await waiting.close();
});
