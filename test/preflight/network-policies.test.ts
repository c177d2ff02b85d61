import { networkPolicies } from "../../app/preflight/checks/network-policies";
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

it("reports a cluster that ignores network policies", async () => {
  const { port } = new URL(await serve((_, response) => response.end()));
  const cluster = clusterWith("127.0.0.1", Number(port));
  expect(await run(networkPolicies, PEERS, { cluster })).toEqual([
    {
      status: "failure",
      seen: "This pod reached the metrics of web-1, which only Prometheus' namespace may.",
      todo: expect.stringContaining("enableNetworkPolicy"),
    },
  ]);
});

it("accepts a cluster that refuses or drops the connection", async () => {
  // The second address is reserved for documentation, and never answers.
  for (const address of ["127.0.0.1", "192.0.2.1"]) {
    const cluster = clusterWith(address, 1);
    expect(await run(networkPolicies, PEERS, { cluster })).toEqual([
      {
        status: "ok",
        seen: "The metrics of web-1 are out of this pod's reach.",
      },
    ]);
  }
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
