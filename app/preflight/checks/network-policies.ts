import { connect } from "node:net";
import { type Check, failure, ok, type Outcome, skipped } from "../check";
import { type Pod, podsOf } from "../cluster/objects";

/** A packet that a policy drops is never answered. */
const TIMEOUT_MS = 3_000;

/**
 * Checks that the cluster enforces network policies: web's metrics are for Prometheus' namespace alone,
 * so this pod must not reach them.
 */
export const networkPolicies: Check = {
  name: "network-policies",
  why: "Where the cluster's network ignores network policies, every pod of the cluster reaches web, backend and their metrics, and backend reaches every address.",
  run: async ({ config, cluster }) => {
    if (!cluster || config.PREFLIGHT_PEERS < 2) {
      return skipped("Needs a pod of the cluster: run scripts/preflight.");
    }
    const pods = await podsOf(cluster, "web");
    const running = pods.filter(({ status }) => status.phase === "Running");
    if (running.length === 0) return skipped("No pod of web runs.");
    return Promise.all(running.map(look));
  },
};

async function look({ metadata, spec, status }: Pod): Promise<Outcome> {
  const ports = spec.containers.flatMap((container) => container.ports);
  const port = ports.find(({ name }) => name === "metrics")?.containerPort;
  if (!status.podIP || port === undefined) {
    return skipped(`The pod ${metadata.name} has no address or no metrics.`);
  }
  if (!(await canConnect(status.podIP, port))) {
    return ok(`The metrics of ${metadata.name} are out of this pod's reach.`);
  }
  return failure(
    `This pod reached the metrics of ${metadata.name}, which only Prometheus' namespace may.`,
    'Enable network policies in the cluster\'s network: enableNetworkPolicy "true" in the configuration of the add-on vpc-cni, in EKS Auto Mode networkPolicy in the NodeClass (docs/eks.md). Then restart web and backend.',
  );
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.on("connect", () => end(true));
    socket.on("timeout", () => end(false));
    socket.on("error", () => end(false));
  });
}
