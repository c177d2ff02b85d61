import { rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { ConnectedApi } from "../../../app/web/backend-client/api";
import { CONNECTION_AGE_MS } from "../../../app/web/backend-client/create-api";
import { type ClusterIp, startClusterIp } from "../../support/cluster-ip";
import { connectApi, request } from "../../support/connect-api";
import {
  startBackend,
  temporaryDirectory,
  type TestBackend,
} from "../../support/start-backend";
import { once, waitFor } from "../../support/wait-for";

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

/** The time-outs of attempts end when the test says so: none depends on the load of the machine. */
function holdTimeouts(): { end(): void } {
  const held = new Set<AbortController>();
  jest.spyOn(AbortSignal, "timeout").mockImplementation(() => {
    const controller = new AbortController();
    held.add(controller);
    return controller.signal;
  });
  const reason = new DOMException("timed out", "TimeoutError");
  return {
    end: () => {
      for (const controller of held) controller.abort(reason);
      held.clear();
    },
  };
}

/** Accepts connections, and responds to nothing. */
async function startFrozen() {
  const open = new Set<Socket>();
  let requests = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      requests += data.toString().split("HTTP/1.1").length - 1;
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    close: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

test("delays few calls when a process behind a ClusterIP accepts connections and never responds", async () => {
  const frozen = await startFrozen();
  const timeouts = holdTimeouts();
  service.endpoints = [...urls(), frozen.url];
  let ended = 0;
  /** Every visitor calls once. Attempts time out when no call is left that can be answered. */
  const callUntilAnswered = async () => {
    let waiting = VISITORS;
    const calls = Promise.all(
      Array.from({ length: VISITORS }, async (_, index) => {
        const visitor = request(`visitor-${index}`);
        await api.listConversations(visitor, { limit: 10 });
        waiting -= 1;
      }),
    );
    const answered = waitFor(() => {
      if (waiting === 0) return true;
      if (waiting > frozen.requests() - ended) return false;
      ended = frozen.requests();
      // A quarter of 960 would mean that its connections are used like the others.
      expect(ended).toBeLessThan(60);
      timeouts.end();
      return false;
    });
    await Promise.all([calls, answered]);
  };
  try {
    for (let steps = 0; steps < 40; steps++) {
      await callUntilAnswered();
      now += STEP_MS;
    }
  } finally {
    timeouts.end();
    jest.restoreAllMocks();
    service.cut();
    frozen.close();
  }
});
