import type {
  ApiContext,
  ConnectedApi,
} from "../../../app/web/backend-client/api";
import { VisibleError } from "../../../app/core/domain/errors";
import { connectApi, request } from "../../support/connect-api";
import {
  type Answer,
  server,
  useScriptedServer,
} from "../../support/scripted-server";

/* What web makes of the backend's answers, over HTTP. */

useScriptedServer();

const limits = { deadlineMs: 60_000, attemptMs: 60_000 };
let api: ConnectedApi;
let context: ApiContext;

beforeEach(() => {
  context = request("ada");
  const patience = { read: limits, write: limits };
  api = connectApi(server.url, { patience, recordAgeMs: 0 });
});
afterEach(() => api.close());

const answer =
  (
    status: number,
    body: unknown,
    headers: Record<string, string> = {},
  ): Answer =>
  (response) =>
    void response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(typeof body === "string" ? body : JSON.stringify(body));

const nothingFound = { results: [], complete: true };
const problem = (detail: string) => ({
  type: "about:blank",
  title: "Refused",
  instance: "a-request",
  status: 400,
  detail,
});

const fault = async (sentence: unknown) => {
  server.on("?q=a", answer(409, { ...problem("In English."), sentence }));
  const error = await api.search(context, { q: "a" }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(VisibleError);
  expect(error.message).toBe("In English.");
  return (error as VisibleError).sentence;
};

describe("a sentence of the catalogue beside the detail", () => {
  test("is kept if this version of the program knows it", async () => {
    const said = { key: "problem.versions", values: { limit: 20 } };
    expect(await fault(said)).toEqual(said);
  });

  test.each([
    undefined,
    null,
    "problem.versions",
    { key: "problem.ofTheFuture" },
    { key: "problem.versions", values: { limit: [20] } },
  ])("is left out otherwise: %j", async (said) => {
    expect(await fault(said)).toBeUndefined();
  });
});

describe("an answer that is no result", () => {
  test.each([400, 404, 409, 413, 429, 503, 507])(
    "with status %i is told to the visitor in the backend's words",
    async (status) => {
      server.on("?q=a", answer(status, problem("So it is.")));
      const asked = api.search(context, { q: "a" });
      await expect(asked).rejects.toThrow(VisibleError);
      await expect(asked).rejects.toMatchObject({
        status,
        message: "So it is.",
      });
    },
  );

  test.each([502, 503, 504])(
    "with status %i from a proxy says that nothing is lost",
    async (status) => {
      server.on("?q=a", answer(status, "<html>Bad gateway</html>"));
      await expect(api.search(context, { q: "a" })).rejects.toMatchObject({
        status: 503,
        message: expect.stringContaining("Nothing is lost"),
      });
    },
  );

  test.each([
    [500, "the backend's stack"],
    [418, ""],
    [500, '{"detail":3}'],
  ])(
    "with status %i and %j is a fault, of which visitors read nothing",
    async (status, body) => {
      server.on("?q=a", answer(status, body));
      const asked = api.search(context, { q: "a" });
      await expect(asked).rejects.toThrow(`The backend answered ${status}`);
      await expect(asked).rejects.not.toThrow(VisibleError);
    },
  );

  test("to an unknown token names the setting", async () => {
    server.on("?q=a", answer(401, problem("Who are you?")));
    const asked = api.search(context, { q: "a" });
    await expect(asked).rejects.toThrow("INTERNAL_TOKEN");
    await expect(asked).rejects.not.toThrow(VisibleError);
  });

  test("of another shape is a fault that names the operation", async () => {
    server.on("?q=a", answer(200, { results: "none" }));
    await expect(api.search(context, { q: "a" })).rejects.toThrow(
      "The answer to search does not match its schema",
    );
  });

  test("says unchanged although nothing was known is a fault", async () => {
    server.on("?q=a", answer(304, ""));
    await expect(api.search(context, { q: "a" })).rejects.toThrow(
      "search was answered with nothing",
    );
  });
});

test("is asked with the tag of the record that is known, which serves if it is unchanged", async () => {
  server.on(
    "?q=a",
    answer(200, nothingFound, { etag: '"one"' }),
    answer(304, ""),
  );
  for (let read = 0; read < 3; read++) {
    expect(await api.search(context, { q: "a" })).toEqual(nothingFound);
  }
  expect(
    server.requests.map(({ headers }) => headers["if-none-match"]),
  ).toEqual([undefined, '"one"', '"one"']);
});

test("reads a record again although its answer has no tag", async () => {
  server.on("?q=a", answer(200, nothingFound));
  for (let read = 0; read < 2; read++) await api.search(context, { q: "a" });
  const tags = server.requests.map(({ headers }) => headers["if-none-match"]);
  expect(tags).toEqual([undefined, undefined]);
});

test("escapes what a visitor chose in paths, queries and headers", async () => {
  await api.readProject(request("zoë"), "a/../b?").catch(() => undefined);
  await api.search(context, { q: "é&b" }).catch(() => undefined);
  expect(server.requests.map(({ path }) => path)).toEqual([
    "/v1/projects/a%2F..%2Fb%3F",
    "/v1/search?q=%C3%A9%26b",
  ]);
  expect(server.requests[0]?.headers["keepsake-owner"]).toBe("zo%C3%AB");
});

const create = (key?: string) =>
  api
    .createConversation(context, { text: "Hello", key })
    .catch(() => undefined);
test("sends a body as JSON with the visitor's key, and a key of its own without one", async () => {
  await create("chosen é");
  await create();
  await create();
  const [first, ...others] = server.requests;
  expect(first).toMatchObject({
    method: "POST",
    path: "/v1/conversations",
    body: '{"text":"Hello"}',
    headers: {
      "content-type": "application/json",
      "idempotency-key": "chosen%20%C3%A9",
    },
  });
  const keys = others.map(({ headers }) => headers["idempotency-key"]);
  expect(new Set(keys).size).toBe(2);
  expect(keys).not.toContain(undefined);
});

test("sends neither a body nor a key with a read", async () => {
  await api.search(context, { q: "a" }).catch(() => undefined);
  const [{ method, body, headers } = server.requests[1]!] = server.requests;
  expect({ method, body }).toEqual({ method: "GET", body: "" });
  expect(headers).not.toHaveProperty("content-type");
  expect(headers).not.toHaveProperty("idempotency-key");
  expect(headers).not.toHaveProperty("keepsake-client");
  expect(headers).not.toHaveProperty("keepsake-owner-kind");
});

test("names the kind of the owner and the client's network if they are known", async () => {
  const known = { ...context, ownerKind: "person", client: "net" } as const;
  await api.search(known, { q: "a" }).catch(() => undefined);
  expect(server.requests[0]?.headers).toMatchObject({
    "keepsake-owner-kind": "person",
    "keepsake-client": "net",
  });
});

test("repeats a call that a process could not serve, and counts what it cost", async () => {
  server.on("?q=a", answer(503, ""), answer(200, nothingFound));
  expect(await api.search(context, { q: "a" })).toEqual(nothingFound);
  expect(server.requests).toHaveLength(2);
  const [call] = context.calls;
  expect(call).toMatchObject({ name: "search", cached: false });
  const {
    totalMs = 0,
    waitMs = 0,
    transferMs = 0,
    connectMs = 0,
    dnsMs = 0,
  } = call ?? {};
  for (const ms of [waitMs, transferMs, connectMs, dnsMs]) {
    expect(ms).toBeGreaterThanOrEqual(0);
    expect(ms).toBeLessThanOrEqual(totalMs);
  }
  // The pause before the second attempt is at least half of 25 ms.
  expect(totalMs).toBeGreaterThan(12);
});

test("is ready only if the backend says so, and no backend is no error", async () => {
  const { signal } = new AbortController();
  server.on("/readyz", answer(200, ""), answer(500, ""));
  expect(await api.isReady(signal)).toBe(true);
  expect(await api.isReady(signal)).toBe(false);
  await server.close();
  expect(await api.isReady(AbortSignal.timeout(5_000))).toBe(false);
});

const follow = async (signal: AbortSignal) => {
  const seen: string[] = [];
  const events = api.watchReply(context, "c", 2, undefined, signal);
  for await (const { event } of events) seen.push(event.kind);
  return seen;
};

describe("a reply's stream", () => {
  const path = "/v1/conversations/c/replies/2?ahead=true&live=sse&offset=-1";
  const ended = [
    'event: data\ndata: [{"kind":"epoch","epoch":1,"keep":0},{"kind":"end","outcome":"complete","text":""}]\n\n',
    'event: control\ndata: {"streamNextOffset":"1","streamClosed":true}\n\n',
  ].join("");

  test.each([500, 503, 401, 408, 429])(
    "is asked for again after status %i",
    async (status) => {
      const refusals = Array.from({ length: status === 401 ? 2 : 1 }, () =>
        answer(status, problem("Later.")),
      );
      server.on(path, ...refusals, (response) => void response.end(ended));
      const { signal } = new AbortController();
      expect(await follow(signal)).toEqual(["epoch", "end"]);
    },
  );

  test.each([
    [400, problem("So it is."), "So it is."],
    [403, "<html>", "This reply can't be followed."],
    [413, problem("x".repeat(20_000)), "This reply can't be followed."],
    [404, problem("Elsewhere."), "reply"],
  ])("ends with an error after status %i", async (status, body, message) => {
    server.on(path, answer(status, body));
    const following = follow(new AbortController().signal);
    await expect(following).rejects.toMatchObject({ status });
    await expect(following).rejects.toThrow(message);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    "event: data\ndata: no JSON\n\nevent: control\ndata: {}\n\n",
    'event: data\ndata: {"kind":"text"}\n\nevent: control\ndata: {"streamNextOffset":"1"}\n\n',
    'event: data\ndata: [{"kind":"text"}]\n\nevent: control\ndata: {"streamNextOffset":"1"}\n\n',
    'event: data\ndata: ["text"]\n\nevent: control\ndata: {"streamNextOffset":"1"}\n\n',
  ])("is asked for again after it said %j", async (nonsense) => {
    server.on(
      path,
      (response) => void response.end(nonsense),
      (response) => void response.end(ended),
    );
    const { signal } = new AbortController();
    expect(await follow(signal)).toEqual(["epoch", "end"]);
  });

  test("leaves its connection open for a moment after the end, and closes it when it is left", async () => {
    const closed: boolean[] = [];
    server.on(path, (response) => {
      response.once("close", () => closed.push(response.writableFinished));
      response.write(ended);
      setTimeout(() => response.end(), 100);
    });
    await follow(new AbortController().signal);
    await server.idle();
    expect(closed).toEqual([true]);
    const leave = new AbortController();
    server.on(path, (response) => {
      response.once("close", () => closed.push(response.writableFinished));
      response.write(": heartbeat\n\n");
      leave.abort();
    });
    expect(await follow(leave.signal)).toEqual([]);
    await server.idle();
    expect(closed).toEqual([true, false]);
  });
});
