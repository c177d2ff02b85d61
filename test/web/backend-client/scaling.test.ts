import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectedApi } from "../../../app/web/backend-client/api";
import type { ResolveHost } from "../../../app/web/backend-client/transport/host-addresses";
import { connectApi, request } from "../../support/connect-api";
import { startBackend, type TestBackend } from "../../support/start-backend";
import { temporaryFolders } from "../../support/temporary-folder";
import { waitFor } from "../../support/wait-for";

const temporaryFolder = temporaryFolders();

/** Visitors who call continuously. */
const VISITORS = 12;
const TTL_MS = 200;

/** A load that runs until it is stopped, and counts failures. */
function load(api: ConnectedApi) {
  const over = new AbortController();
  const failures: unknown[] = [];
  const visit = async (owner: string) => {
    while (!over.signal.aborted) {
      await api
        .listConversations(request(owner), { limit: 10 })
        .catch((error: unknown) => failures.push(error));
      await sleep(1);
    }
  };
  const visitors = Array.from({ length: VISITORS }, (_, index) =>
    visit(`visitor-${index}`),
  );
  return {
    stop: async () => {
      over.abort();
      await Promise.all(visitors);
      return failures;
    },
  };
}

async function threeBackends() {
  const directory = await temporaryFolder();
  const first = await startBackend({ directory });
  const rest = await Promise.all(
    ["127.0.0.2", "127.0.0.3"].map((host) =>
      startBackend({ directory, host, port: first.port }),
    ),
  );
  return [first, ...rest];
}

const addressesOf = (backends: TestBackend[]) =>
  backends.map(({ url }) => new URL(url).hostname);

/** Counts of the next calls by backend. */
async function nextShares(backends: TestBackend[], count: number) {
  const shares = backends.map(() => 0);
  for (const backend of backends) backend.takeCalls();
  return waitFor(() => {
    for (const [index, backend] of backends.entries()) {
      shares[index]! += backend.takeCalls();
    }
    const all = shares.reduce((sum, share) => sum + share, 0);
    return Promise.resolve(all >= count ? shares : undefined);
  });
}

/** Resolves when the shares of all backends are even within 20 %. */
const evenly = (backends: TestBackend[]) =>
  waitFor(async () => {
    const shares = await nextShares(backends, 300);
    const fair = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    return shares.every((share) => Math.abs(share - fair) < 0.2 * fair);
  });

test("gives new backends an even share, and fails no call when one is killed or drains", async () => {
  const backends = await threeBackends();
  const [first, second, third] = backends as [
    TestBackend,
    TestBackend,
    TestBackend,
  ];
  let addresses = addressesOf([first]);
  const resolve: ResolveHost = () =>
    Promise.resolve({ addresses, ttlMs: TTL_MS });
  const url = `http://backend.test.:${first.port}`;
  const api = connectApi(url, { resolve, recordAgeMs: 0 });
  const visitors = load(api);
  await nextShares([first], 100);
  expect([second.takeCalls(), third.takeCalls()]).toEqual([0, 0]);

  addresses = addressesOf(backends);
  await evenly(backends);

  await second.kill();
  await nextShares([first, third], 100);
  addresses = addressesOf([first, third]);
  await evenly([first, third]);

  addresses = addressesOf([third]);
  await waitFor(async () => {
    const [left] = await nextShares([first, third], 100);
    return left === 0;
  });
  await first.stop();
  await nextShares([third], 100);
  expect(await visitors.stop()).toEqual([]);
  await api.close();
  await third.stop();
});
