import { once } from "node:events";
import { rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import type { ConnectedApi } from "../../../app/web/backend-client/api";
import { CONNECTION_AGE_MS } from "../../../app/web/backend-client/create-api";
import { type ClusterIp, startClusterIp } from "../../support/cluster-ip";
import { connectApi, request } from "../../support/connect-api";
import {
  startBackend,
  temporaryDirectory,
  type TestBackend,
} from "../../support/start-backend";

/*
 * Web with a ClusterIP for all backends, on a simulated clock: measured times do not depend on the load
 * of the machine.
 */

/** Concurrent calls, one per visitor. */
const VISITORS = 24;
/** The rate of 24 visitors who each request a page every second or two. */
const STEP_MS = 200;

let directory: string;
let backends: TestBackend[];
let service: ClusterIp;
let api: ConnectedApi;
let now: number;

beforeEach(async () => {
  directory = await temporaryDirectory();
  backends = await Promise.all(
    [1, 2, 3].map(() => startBackend({ directory })),
  );
  service = await startClusterIp([]);
  now = 0;
  api = connectApi(service.url, { recordAgeMs: 0, now: () => now });
});

afterEach(async () => {
  await api.close();
  await service.close();
  await Promise.all(backends.map((backend) => backend.stop()));
  await rm(directory, { recursive: true, force: true });
});

const urls = (some = backends) => some.map(({ url }) => url);

const callOnce = () =>
  Promise.all(
    Array.from({ length: VISITORS }, (_, index) =>
      api.listConversations(request(`visitor-${index}`), { limit: 10 }),
    ),
  );

/** Advances the clock by a step, in which every visitor calls. */
async function step(): Promise<void> {
  await callOnce();
  now += STEP_MS;
}

const take = () => backends.map((backend) => backend.takeCalls());

/** Steps until the shares of several consecutive steps are even within 20 %. @returns The elapsed time. */
async function untilEven(among: TestBackend[]): Promise<number> {
  const begun = now;
  const window: number[][] = [];
  take();
  for (;;) {
    await step();
    window.push(take());
    if (window.length > 10) window.shift();
    if (window.length === 10 && isEven(window, among)) return now - begun;
    if (now - begun > 10 * CONNECTION_AGE_MS) {
      throw new Error(`Not even: ${JSON.stringify(window)}`);
    }
  }
}

function isEven(window: number[][], among: TestBackend[]): boolean {
  const sums = backends.map((_, index) =>
    window.reduce((sum, counts) => sum + (counts[index] ?? 0), 0),
  );
  const fair = sums.reduce((sum, count) => sum + count, 0) / among.length;
  return among.every((backend) => {
    const count = sums[backends.indexOf(backend)] ?? 0;
    return Math.abs(count - fair) < 0.2 * fair;
  });
}

test("gives new backends behind a ClusterIP an even share within the connection age", async () => {
  const [first] = backends as [TestBackend];
  service.endpoints = urls([first]);
  for (let steps = 0; steps < 20; steps++) await step();
  expect(take().slice(1)).toEqual([0, 0]);
  service.endpoints = urls();
  const ms = await untilEven(backends);
  expect(ms).toBeLessThanOrEqual(CONNECTION_AGE_MS);
});

test("fails no call when a backend behind a ClusterIP drains or is killed, and keeps shares even", async () => {
  service.endpoints = urls();
  await untilEven(backends);
  const [first, second, third] = backends as [
    TestBackend,
    TestBackend,
    TestBackend,
  ];
  const calls = Promise.all([callOnce(), callOnce()]);
  // The pod dies before the Service removes its endpoint.
  await second.kill();
  backends = [first, third];
  await calls;
  for (let steps = 0; steps < 10; steps++) await step();
  service.endpoints = urls();
  await untilEven(backends);
  // The Service removes the endpoint before the pod ends.
  service.endpoints = urls([third]);
  const left = now;
  do {
    take();
    await step();
  } while (take()[0] !== 0 && now - left <= 10 * CONNECTION_AGE_MS);
  expect(now - left).toBeLessThanOrEqual(CONNECTION_AGE_MS + STEP_MS);
  await first.kill();
  backends = [third];
  for (let steps = 0; steps < 10; steps++) await step();
});

test("delays few calls when a process behind a ClusterIP accepts connections and never responds", async () => {
  let delayed = 0;
  const frozen = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => (delayed += 1));
  });
  await once(frozen.listen(0, "127.0.0.1"), "listening");
  const { port } = frozen.address() as AddressInfo;
  const read = { deadlineMs: 120_000, attemptMs: 500 };
  const impatient = connectApi(service.url, {
    recordAgeMs: 0,
    patience: { read, write: read },
    now: () => now,
  });
  service.endpoints = [...urls(), `http://127.0.0.1:${port}`];
  for (let steps = 0; steps < 40; steps++) {
    await Promise.all(
      Array.from({ length: VISITORS }, async (_, index) => {
        const visitor = request(`visitor-${index}`);
        await impatient.listConversations(visitor, { limit: 10 });
      }),
    );
    now += STEP_MS;
  }
  service.cut();
  await impatient.close();
  frozen.close();
  // A quarter of 960 would mean that its connections are used like the others.
  expect(delayed).toBeGreaterThan(0);
  expect(delayed).toBeLessThan(60);
});
