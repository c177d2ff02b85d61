import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type Agent, fetch } from "undici";
import { errorCode } from "../../core/runtime/errors";
import { backendDispatcher } from "../backend-dispatcher";
import {
  type Check,
  failure,
  ok,
  type Outcome,
  skipped,
  warning,
} from "../check";
import { messageOf } from "../message-of";
import { quantile, timeEach } from "../storage/timings";

const ROUNDS = 5;
/** Above the time of the cluster's DNS server, and below that of a search through several domains. */
const NAME_BUDGET_MS = 20;

/** Checks that the backend's name resolves quickly and that a ready backend answers there. */
export const backendName: Check = {
  name: "backend-name",
  why: "Every page needs the backend. If its name does not resolve, no page is served; if it resolves slowly, every new connection waits.",
  run: async ({ config, signal }) => {
    if (!config.BACKEND_URL) {
      return skipped(
        "BACKEND_URL is not set. Its name resolves only in the cluster: run scripts/preflight there.",
      );
    }
    const url = new URL(config.BACKEND_URL);
    const name = await resolve(url.hostname);
    if (name.status === "failure") return name;
    const dispatcher = await backendDispatcher(config);
    return [name, await ready(url, dispatcher, signal)];
  },
};

async function resolve(host: string): Promise<Outcome> {
  if (isIP(host)) return ok(`BACKEND_URL contains an IP address, ${host}.`);
  try {
    const taken = await timeEach(ROUNDS, () => lookup(host));
    const ms = quantile(taken, 0.5);
    const seen = `${host} resolves in ${ms.toFixed(1)} ms.`;
    if (ms <= NAME_BUDGET_MS) return ok(seen);
    return warning(
      seen,
      `End the name with a dot (${host.replace(/\.$/, "")}.) to skip search domains. Check CoreDNS's load, and consider a node-local DNS cache.`,
    );
  } catch (error) {
    return failure(
      `The backend's name ${host} does not resolve (${errorCode(error) ?? messageOf(error)}).`,
      "Set BACKEND_URL to http://<service>.<namespace>.svc.cluster.local.:<port> of an existing Service (kubectl get services), and allow DNS in the network policies.",
    );
  }
}

async function ready(
  url: URL,
  dispatcher: Agent,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const response = await fetch(new URL("/readyz", url), {
      dispatcher,
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    });
    const text = (await response.text()).trim();
    if (response.ok) return ok(`A ready backend answers at ${url.origin}.`);
    return failure(
      `The backend at ${url.origin} is not ready: ${response.status} ${text.slice(0, 200)}`,
      "Check its logs: kubectl logs -l app.kubernetes.io/component=backend.",
    );
  } catch (error) {
    return failure(
      `Nothing answers at ${url.origin}: ${messageOf(error)}.`,
      "Check the Service's port and its endpoints (kubectl get endpointslices). The network policies must allow traffic from web and preflight. Over HTTPS, BACKEND_CA_FILE must have the authority of the backend's certificate.",
    );
  }
}
