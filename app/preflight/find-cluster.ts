import { existsSync } from "node:fs";
import type { Subject } from "./check";
import type { Cluster } from "./cluster/cluster";
import { kubectlCluster } from "./cluster/kubectl-cluster";
import { CREDENTIALS, podCluster } from "./cluster/pod-cluster";
import { httpRoutesOf, ingressesOf, servicesOf } from "./cluster/objects";

/** The cluster of this pod, or else of a kubectl context; `undefined` if there is neither. */
export async function findCluster(
  namespace: string,
  command: NonNullable<Subject["command"]>,
  context?: string,
): Promise<Cluster | undefined> {
  if (existsSync(`${CREDENTIALS}/token`)) return podCluster();
  if (context !== undefined) return kubectlCluster(namespace, command, context);
  try {
    await command("kubectl", ["config", "current-context"]);
    return kubectlCluster(namespace, command);
  } catch {
    return undefined; // without kubectl or a context, the checks of the cluster are skipped
  }
}

/**
 * Keepsake's URL, with the path of its route: the ingress's host, its load balancer's address, its controller's Service, or the
 * host of the route at a Gateway.
 */
export async function findUrl(cluster: Cluster): Promise<string | undefined> {
  const [ingress] = await ingressesOf(cluster).catch(() => []);
  if (!ingress) return gatewayUrl(cluster);
  const [balancer] = ingress.status.loadBalancer.ingress;
  const path = pathOf(ingress.spec.rules[0]?.http?.paths[0]?.path);
  const host =
    ingress.spec.rules.find((rule) => rule.host)?.host ??
    balancer?.hostname ??
    balancer?.ip;
  if (!host) return controllerUrl(cluster, path);
  const ports =
    ingress.metadata.annotations["alb.ingress.kubernetes.io/listen-ports"] ??
    "";
  return `${ports.includes("HTTPS") ? "https" : "http"}://${host}${path}`;
}

/** The path in front of Keepsake's own; none for the whole host. */
const pathOf = (path = "/") => (path === "/" ? "" : path);

/**
 * The Gateway's certificate is in another namespace, so HTTPS is assumed. `localhost` is the pod in which
 * preflight runs, or a port that only the user knows.
 */
async function gatewayUrl(cluster: Cluster): Promise<string | undefined> {
  const [route] = await httpRoutesOf(cluster).catch(() => []);
  const [host] = route?.spec.hostnames ?? [];
  const path = pathOf(route?.spec.rules[0]?.matches[0]?.path?.value);
  return host && host !== "localhost" ? `https://${host}${path}` : undefined;
}

async function controllerUrl(
  cluster: Cluster,
  path: string,
): Promise<string | undefined> {
  const [service] = await servicesOf(cluster, "ingress").catch(() => []);
  return (
    service && `http://${service.metadata.name}.${cluster.namespace}.svc${path}`
  );
}
