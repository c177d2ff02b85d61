import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fixedTokens } from "../../../app/core/config/tokens";
import { Transport } from "../../../app/web/backend-client/transport";
import { NoBackendError } from "../../../app/web/backend-client/transport/call";
import { once } from "../../support/wait-for";

/* The circuit breaker, as streams and calls meet it. */

let server: Server;
let transport: Transport;
let status: number;
let requests: number;
let now: number;

beforeEach(async () => {
  [status, requests, now] = [200, 0, 0];
  server = createServer((_, response) => {
    requests += 1;
    response.writeHead(status).end("{}");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  transport = new Transport({
    url: new URL(`http://127.0.0.1:${port}`),
    tokens: fixedTokens("a-token-for-tests-only-0123456789abcdef"),
    resolve: () => Promise.resolve({ addresses: ["127.0.0.1"], ttlMs: 1e9 }),
    connectionAgeMs: 1e9,
    now: () => now,
    onResolveError: () => undefined,
  });
});

afterEach(async () => {
  await transport.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function openStream(): Promise<number> {
  const { signal } = new AbortController();
  const answer = await transport.openStream("/", {}, signal);
  for await (const _ of answer.body) continue;
  return answer.status;
}

async function breakCircuit(): Promise<void> {
  status = 500;
  for (let count = 0; count < 5; count++) await openStream();
}

it("opens no stream while the circuit is open, and one at a time after", async () => {
  await breakCircuit();
  await expect(openStream()).rejects.toThrow(NoBackendError);
  expect(requests).toBe(5);
  now += 1_000;
  const trials = await Promise.allSettled([openStream(), openStream()]);
  expect(trials.map(({ status: outcome }) => outcome)).toEqual([
    "fulfilled",
    "rejected",
  ]);
  expect(requests).toBe(6);
});

it("waits longer after each failed trial, at most five seconds", async () => {
  await breakCircuit();
  for (const waitMs of [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]) {
    now += 0.74 * waitMs;
    await expect(openStream()).rejects.toThrow(NoBackendError);
    now += 0.52 * waitMs;
    expect(await openStream()).toBe(500);
  }
});

it("closes after one answer, and counts failures from none again", async () => {
  await breakCircuit();
  now += 1_000;
  status = 404;
  expect(await openStream()).toBe(404);
  status = 500;
  for (let count = 0; count < 5; count++) expect(await openStream()).toBe(500);
  await expect(openStream()).rejects.toThrow(NoBackendError);
});

it("counts only consecutive failures", async () => {
  for (let count = 0; count < 20; count++) {
    status = count % 5 === 4 ? 200 : 500;
    expect(await openStream()).toBe(status);
  }
});

it("does not count a stream that its visitor leaves", async () => {
  status = 500;
  for (let count = 0; count < 20; count++) {
    const signal = AbortSignal.abort(new Error("left"));
    await expect(transport.openStream("/", {}, signal)).rejects.toThrow("left");
  }
  expect(await openStream()).toBe(500);
});
