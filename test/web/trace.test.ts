import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import pino from "pino";
import type { ConnectedApi } from "../../app/web/backend-client/api";
import { HttpVisitor } from "../support/http-visitor";
import { connectApi } from "../support/connect-api";
import { startBackend, type TestBackend } from "../support/start-backend";
import { startWeb, type TestWeb } from "../support/start-web";
import { once, waitFor } from "../support/wait-for";

/* W3C trace context, from a visitor's request through web to the backend and its log. */

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

let backend: TestBackend;
let api: ConnectedApi;
let web: TestWeb;
let relay: Awaited<ReturnType<typeof startRelay>>;
const logged: Record<string, unknown>[] = [];
const write = (line: string) =>
  logged.push(JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  backend = await startBackend({ log: pino({ level: "info" }, { write }) });
  relay = await startRelay(backend.url);
  api = connectApi(relay.url);
  web = await startWeb({ api });
});

afterAll(async () => {
  await web.close();
  await api.close();
  relay.close();
  await backend.stop();
});

/** A proxy to the backend that records trace headers. */
async function startRelay(to: string) {
  const seen: { traceparent?: string; tracestate?: string }[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    seen.push({
      traceparent: headers["traceparent"] as string | undefined,
      tracestate: headers["tracestate"] as string | undefined,
    });
    const onward = forward(to + incoming.url, { method, headers });
    onward.once("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, seen, close };
}

/** Trace headers of web's calls for a new visitor's request. */
async function told(headers: Record<string, string>) {
  relay.seen.length = 0;
  const page = await new HttpVisitor(web.address).get("/", headers);
  expect(page.status).toBe(200);
  expect(relay.seen.length).toBeGreaterThan(0);
  const [first = {}] = relay.seen;
  // All calls of a request have the same parent span.
  expect(relay.seen.every((one) => one.traceparent === first.traceparent)).toBe(
    true,
  );
  const [version, traceId, parentId, flags] =
    first.traceparent?.split("-") ?? [];
  expect(traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  expect(parentId).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
  return { version, traceId, parentId, flags, tracestate: first.tracestate };
}

test("continues a trace under web's own span id, with its sampling flag and state", async () => {
  const tracestate = "congo=t61rcWkgMzE,tenant@vendor=1:2";
  for (const flags of ["00", "01"]) {
    const given = { traceparent: `00-${TRACE}-${PARENT}-${flags}`, tracestate };
    const first = await told(given);
    expect(first).toMatchObject({ version: "00", flags, tracestate });
    expect(first.traceId).toBe(TRACE);
    expect(first.parentId).not.toBe(PARENT);
    const second = await told(given);
    expect(second.traceId).toBe(TRACE);
    expect(second.parentId).not.toBe(first.parentId);
  }
});

test("logs the trace, web's span and the backend's own span in the backend", async () => {
  const { parentId } = await told({
    traceparent: `00-${TRACE}-${PARENT}-01`,
  });
  // Log lines of earlier requests may be late.
  const line = await waitFor(async () =>
    logged.find(
      (one) => one.msg === "request completed" && one.parentId === parentId,
    ),
  );
  expect(line).toMatchObject({
    traceId: TRACE,
    spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  expect(line.spanId).not.toBe(parentId);
});

test("starts an unsampled trace for a request without one", async () => {
  const first = await told({ tracestate: "congo=t61" });
  expect(first).toMatchObject({ version: "00", tracestate: undefined });
  expect(parseInt(first.flags ?? "", 16) & 1).toBe(0);
  expect((await told({})).traceId).not.toBe(first.traceId);
});

const invalid = {
  "is empty": "",
  "is something else": "hello",
  "has upper case": `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  "has no trace": `00-${"0".repeat(32)}-${PARENT}-01`,
  "has no parent": `00-${TRACE}-${"0".repeat(16)}-01`,
  "is of the version that never will be": `ff-${TRACE}-${PARENT}-01`,
  "is longer than its version allows": `00-${TRACE}-${PARENT}-01-more`,
  "is cut off": `00-${TRACE}-${PARENT}`,
  "came twice": `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
};

test.each(Object.entries(invalid))(
  "replaces a header that %s, and drops its state",
  async (_, traceparent) => {
    const found = await told({ traceparent, tracestate: "congo=t61" });
    expect(found.traceId).not.toBe(TRACE);
    expect(found.tracestate).toBeUndefined();
  },
);

test("reads the known part of a header of a later version", async () => {
  const traceparent = `cc-${TRACE}-${PARENT}-fd-what-the-future-will-be-like`;
  const found = await told({ traceparent });
  expect(found).toMatchObject({ version: "00", traceId: TRACE, flags: "01" });
});

const members = (count: number) =>
  Array.from({ length: count }, (_, index) => `key${index}=value`).join(",");

const states: Record<string, [given: string, kept: string | undefined]> = {
  "in several lines is one": ["a=1, b=2,,c=3", "a=1,b=2,c=3"],
  "of 32 members is kept": [members(32), members(32)],
  "of 33 is dropped": [members(33), undefined],
  "with a key twice is dropped": ["a=1,b=2,a=3", undefined],
  "with a key in upper case is dropped": ["A=1", undefined],
  "without values is dropped": ["a,b", undefined],
};

test.each(Object.entries(states))(
  "continues the trace, and a state %s",
  async (_, [tracestate, kept]) => {
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    const found = await told({ traceparent, tracestate });
    expect(found).toMatchObject({ traceId: TRACE, tracestate: kept });
  },
);
