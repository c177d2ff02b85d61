import type { ServerResponse } from "node:http";
import {
  checkNetworkPolicies,
  networkPolicies,
  type NetworkPoliciesOptions,
} from "../../app/preflight/checks/network-policies";
import { closeAll, clusterOf, run, serve } from "./support";

afterEach(closeAll);

const PEERS = { PREFLIGHT_PEERS: "2" };

/** A cluster with one pod of web, whose metrics are at this address. */
const clusterWith = (podIP: string, port: number, phase = "Running") =>
  clusterOf({
    "/api/v1/namespaces/keepsake/pods": {
      items: [
        {
          metadata: { name: "web-1" },
          spec: {
            containers: [
              {
                name: "web",
                ports: [
                  { name: "http", containerPort: 1 },
                  { name: "metrics", containerPort: port },
                ],
              },
            ],
          },
          status: { phase, podIP },
        },
      ],
    },
  });

const reached = {
  status: "failure",
  seen: "This pod reached the metrics of web-1, which only Prometheus' namespace may.",
  todo: expect.stringContaining("enableNetworkPolicy"),
};
const outOfReach = {
  status: "ok",
  seen: "The metrics of web-1 are out of this pod's reach.",
};

/** Checks a pod whose metrics are answered so. @returns The outcomes, and the count of requests. */
async function look(
  answer: (response: ServerResponse, count: number) => void,
  options: NetworkPoliciesOptions = { graceMs: 50 },
) {
  const paths: (string | undefined)[] = [];
  const address = await serve(({ url }, response) => {
    paths.push(url);
    answer(response, paths.length);
  });
  const cluster = clusterWith("127.0.0.1", Number(new URL(address).port));
  const check = checkNetworkPolicies(options);
  return { outcomes: await run(check, PEERS, { cluster }), paths };
}

it("reports a cluster that ignores network policies, after it has tried again", async () => {
  const { outcomes, paths } = await look((response) => response.end());
  expect(outcomes).toEqual([reached]);
  expect(paths.length).toBeGreaterThan(1);
  expect(new Set(paths)).toEqual(new Set(["/metrics"]));
});

it("accepts a cluster that never answers", async () => {
  const { outcomes } = await look(() => undefined, { timeoutMs: 200 });
  expect(outcomes).toEqual([outOfReach]);
});

it("accepts a proxy of a mesh that takes the connection and reaches no pod", async () => {
  const cut = await look((response) => response.destroy());
  expect(cut.outcomes).toEqual([outOfReach]);
  const unavailable = await look((response) => response.writeHead(503).end());
  expect(unavailable.outcomes).toEqual([outOfReach]);
});

it("accepts policies that are loaded a moment after this pod's start", async () => {
  const { outcomes, paths } = await look(
    (response, count) => {
      if (count === 1) response.end();
      else response.destroy();
    },
    { graceMs: 60_000 },
  );
  expect(outcomes).toEqual([outOfReach]);
  expect(paths).toHaveLength(2);
});

it("is skipped when the connection is refused, which a pod or the network may do", async () => {
  const cluster = clusterWith("127.0.0.1", 1);
  expect(
    await run(checkNetworkPolicies({ graceMs: 50 }), PEERS, { cluster }),
  ).toEqual([
    { status: "skipped", seen: expect.stringContaining("web-1 refused") },
  ]);
});

it("is skipped outside of the cluster and without a running pod", async () => {
  const cluster = clusterWith("127.0.0.1", 1);
  expect(await run(networkPolicies, {}, { cluster })).toMatchObject([
    { status: "skipped" },
  ]);
  const pending = clusterWith("127.0.0.1", 1, "Pending");
  expect(await run(networkPolicies, PEERS, { cluster: pending })).toMatchObject(
    [{ status: "skipped" }],
  );
});
