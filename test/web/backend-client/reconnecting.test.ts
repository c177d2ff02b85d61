import { Registry } from "prom-client";
import { followReply } from "../../../app/web/backend-client/reply-stream";
import { connectApi, request } from "../../support/connect-api";
import { server, useScriptedServer } from "../../support/scripted-server";

/* What is sent again, and how often. */

useScriptedServer();

test("a stream that no process serves is asked for less and less often", async () => {
  const leave = new AbortController();
  const askedAt: number[] = [];
  const following = followReply({
    open: () => {
      askedAt.push(performance.now());
      if (askedAt.length === 6) leave.abort();
      throw new Error("no route");
    },
    offset: undefined,
    signal: leave.signal,
    patienceMs: 60_000,
  });
  for await (const _ of following) throw new Error("There is no event.");
  // Five pauses, each at least half of 25 ms, doubled each time.
  expect(askedAt.at(-1)! - askedAt[0]!).toBeGreaterThan(
    0.9 * 0.5 * 25 * (1 + 2 + 4 + 8 + 16),
  );
});

test("the visitor is told once that a stream is lost, and again after the next outage", async () => {
  const leave = new AbortController();
  const events: string[] = [];
  let asked = 0;
  const text = [
    'event: data\ndata: [{"kind":"text","text":"a"}]\n\n',
    'event: control\ndata: {"streamNextOffset":"1"}\n\n',
  ].join("");
  async function* once() {
    yield Buffer.from(text);
  }
  const following = followReply({
    open: () => {
      asked += 1;
      if (asked === 4) return Promise.resolve({ status: 200, body: once() });
      throw new Error("no route");
    },
    offset: undefined,
    signal: leave.signal,
    patienceMs: 20,
  });
  for await (const { event } of following) {
    events.push(event.kind);
    if (events.length === 3) leave.abort();
  }
  expect(events).toEqual(["notice", "text", "notice"]);
});

test("the metrics count the calls that were sent again, not all attempts", async () => {
  const metrics = new Registry();
  const api = connectApi(server.url, { metrics });
  server.on(
    "?q=a",
    (response) => void response.writeHead(503).end(),
    (response) => void response.writeHead(503).end(),
    (response) =>
      void response
        .writeHead(200, { "content-type": "application/json" })
        .end('{"results":[],"complete":true}'),
  );
  await api.search(request("ada"), { q: "a" });
  const text = await metrics.metrics();
  expect(text).toContain('keepsake_api_retries_total{operation="search"} 2\n');
  expect(text).toContain(
    'keepsake_api_calls_total{operation="search",status="200"} 1\n',
  );
  await api.search(request("grace"), { q: "a" });
  expect(await metrics.metrics()).toContain(
    'keepsake_api_retries_total{operation="search"} 2\n',
  );
  await api.close();
  await server.close();
});

test("a call that nothing answers is counted with status 0", async () => {
  const metrics = new Registry();
  const limits = { deadlineMs: 50, attemptMs: 50 };
  const patience = { read: limits, write: limits };
  const api = connectApi(server.url, { metrics, patience });
  await server.close();
  await expect(api.search(request("ada"), { q: "a" })).rejects.toThrow(
    "Nothing is lost",
  );
  expect(await metrics.metrics()).toContain(
    'keepsake_api_calls_total{operation="search",status="0"} 1\n',
  );
  await api.close();
});
