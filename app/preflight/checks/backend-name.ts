import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { fetch } from "undici";
import { errorCode } from "../../core/runtime/errors";
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
/** The name server is in the cluster, next door. Search domains cost several times this. */
const NAME_BUDGET_MS = 20;

/** Does the backend's name resolve, fast, and does a ready backend answer there. */
export const backendName: Check = {
  name: "backend-name",
  why: "Every page asks the backend: if its name doesn't resolve no page is served, and if it resolves slowly every new connection waits.",
  run: async ({ config, signal }) => {
    if (!config.BACKEND_URL) {
      return skipped(
        "No BACKEND_URL is set here: it is a name inside the cluster. Run this as a Job (scripts/preflight).",
      );
    }
    const url = new URL(config.BACKEND_URL);
    const name = await resolve(url.hostname);
    return name.status === "failure" ? name : [name, await ready(url, signal)];
  },
};

async function resolve(host: string): Promise<Outcome> {
  if (isIP(host)) return ok(`The backend is named by its address, ${host}.`);
  try {
    const taken = await timeEach(ROUNDS, () => lookup(host));
    const ms = quantile(taken, 0.5);
    const seen = `${host} resolves in ${ms.toFixed(1)} ms.`;
    if (ms <= NAME_BUDGET_MS) return ok(seen);
    return warning(
      seen,
      `End the name with a dot (${host.replace(/\.$/, "")}.), so that no search domain is tried; look at CoreDNS's load and at a node-local cache.`,
    );
  } catch (error) {
    return failure(
      `The backend's name ${host} does not resolve (${errorCode(error) ?? messageOf(error)}).`,
      "Mend BACKEND_URL: http://<service>.<namespace>.svc.cluster.local.:<port>, of a Service that exists (kubectl get services); and let network policies allow DNS.",
    );
  }
}

async function ready(url: URL, signal: AbortSignal): Promise<Outcome> {
  try {
    const response = await fetch(new URL("/readyz", url), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    });
    const text = (await response.text()).trim();
    if (response.ok) return ok(`A ready backend answers at ${url.origin}.`);
    return failure(
      `The backend at ${url.origin} is not ready: ${response.status} ${text.slice(0, 200)}`,
      "See its logs: kubectl logs -l app.kubernetes.io/component=backend.",
    );
  } catch (error) {
    return failure(
      `Nothing answers at ${url.origin}: ${messageOf(error)}.`,
      "Look at the Service's endpoints (kubectl get endpointslices) and its port, and at the network policies: web and preflight must be allowed in.",
    );
  }
}
