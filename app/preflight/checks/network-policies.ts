import { get } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { type Check, failure, ok, type Outcome, skipped } from "../check";
import { type Pod, podsOf } from "../cluster/objects";

const PAUSE_MS = 1_000;

export interface NetworkPoliciesOptions {
  /** A packet that a policy drops is never answered. */
  timeoutMs?: number;
  /** Some networks load the policies of a new pod seconds after its start, and let it pass until then. */
  graceMs?: number;
}

/**
 * Checks that the cluster enforces network policies: web's metrics are for Prometheus' namespace alone,
 * so this pod must not reach them.
 */
export const checkNetworkPolicies = ({
  timeoutMs = 3_000,
  graceMs = 15_000,
}: NetworkPoliciesOptions = {}): Check => ({
  name: "network-policies",
  why: "Where the cluster's network ignores network policies, every pod of the cluster reaches web, backend and their metrics, and backend reaches every address.",
  run: async ({ config, cluster, signal }) => {
    if (!cluster || config.PREFLIGHT_PEERS < 2) {
      return skipped("Needs a pod of the cluster: run scripts/preflight.");
    }
    const pods = await podsOf(cluster, "web");
    const running = pods.filter(({ status }) => status.phase === "Running");
    if (running.length === 0) return skipped("No pod of web runs.");
    return Promise.all(
      running.map((pod) => look(pod, { timeoutMs, graceMs }, signal)),
    );
  },
});

export const networkPolicies = checkNetworkPolicies();

async function look(
  { metadata, spec, status }: Pod,
  { timeoutMs, graceMs }: Required<NetworkPoliciesOptions>,
  signal: AbortSignal,
): Promise<Outcome> {
  const ports = spec.containers.flatMap((container) => container.ports);
  const port = ports.find(({ name }) => name === "metrics")?.containerPort;
  if (!status.podIP || port === undefined) {
    return skipped(`The pod ${metadata.name} has no address or no metrics.`);
  }
  let reached = await request(status.podIP, port, timeoutMs);
  const end = performance.now() + graceMs;
  while (reached !== "no" && performance.now() < end) {
    await wait(Math.min(PAUSE_MS, graceMs), undefined, { signal });
    reached = await request(status.podIP, port, timeoutMs);
  }
  if (reached === "no") {
    return ok(`The metrics of ${metadata.name} are out of this pod's reach.`);
  }
  if (reached === "refused") {
    return skipped(
      `The pod ${metadata.name} refused a connection to its metrics. Either no process listens there, or the network rejects the connection.`,
    );
  }
  return failure(
    `This pod reached the metrics of ${metadata.name}, which only Prometheus' namespace may.`,
    'Enable network policies in the cluster\'s network: enableNetworkPolicy "true" in the configuration of the add-on vpc-cni, in EKS Auto Mode networkPolicy in the NodeClass (docs/eks.md). Then restart web and backend.',
  );
}

/** Requests the metrics. A connection proves nothing: in a mesh, this pod's own proxy accepts each. */
function request(
  host: string,
  port: number,
  timeout: number,
): Promise<"yes" | "no" | "refused"> {
  return new Promise((resolve) => {
    const options = { host, port, path: "/metrics", agent: false, timeout };
    const sent = get(options, (answer) => {
      resolve(answer.statusCode === 200 ? "yes" : "no");
      sent.destroy();
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer")));
    sent.on("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(code === "ECONNREFUSED" ? "refused" : "no"),
    );
  });
}
