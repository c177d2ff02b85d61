import { readFile } from "node:fs/promises";
import { Agent, fetch } from "undici";
import { messageOf } from "../message-of";
import { type Cluster, ClusterError } from "./cluster";

/** The mount path of a pod's credentials. */
export const CREDENTIALS = "/var/run/secrets/kubernetes.io/serviceaccount";

const TIMEOUT_MS = 10_000;

/** Reads this pod's own cluster with its service account. */
export async function podCluster(
  url = "https://kubernetes.default.svc",
  credentials = CREDENTIALS,
): Promise<Cluster> {
  const read = (name: string) => readFile(`${credentials}/${name}`, "utf8");
  const dispatcher = new Agent({ connect: { ca: await read("ca.crt") } });
  const namespace = (await read("namespace")).trim();
  return {
    namespace,
    async get(path) {
      // Read again each time: tokens are rotated while the pod runs.
      const headers = {
        authorization: `Bearer ${(await read("token")).trim()}`,
      };
      const response = await fetch(url + path, {
        headers,
        dispatcher,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((error: unknown) => {
        throw new ClusterError(
          `The API server at ${url} does not answer: ${messageOf(error)}. Check that network policies allow this pod to reach it.`,
        );
      });
      if (response.ok) return response.json();
      await response.body?.cancel();
      if (response.status === 404) return undefined;
      throw new ClusterError(
        `The API server returned ${response.status} for ${path}. Give preflight's service account a role with get and list for it.`,
      );
    },
  };
}
