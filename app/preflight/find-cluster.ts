import { existsSync } from "node:fs";
import type { Subject } from "./check";
import type { Cluster } from "./cluster/cluster";
import { kubectlCluster } from "./cluster/kubectl-cluster";
import { CREDENTIALS, podCluster } from "./cluster/pod-cluster";
import { ingressesOf, servicesOf } from "./cluster/objects";

/** The cluster that this pod is in, or the one of a context of kubectl's, by default the current one; `undefined` if there is neither. */
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
    return undefined; // no kubectl, or no context: checks of the cluster are skipped, and say so
  }
}

/**
 * Where people reach Keepsake, by what its ingress says: its host, or its load balancer's name; and
 * where it has neither, the Service of the controller beside it.
 */
export async function findUrl(cluster: Cluster): Promise<string | undefined> {
  const [ingress] = await ingressesOf(cluster).catch(() => []);
  if (!ingress) return undefined;
  const [balancer] = ingress.status.loadBalancer.ingress;
  const host =
    ingress.spec.rules.find((rule) => rule.host)?.host ??
    balancer?.hostname ??
    balancer?.ip;
  if (!host) return controllerUrl(cluster);
  const ports =
    ingress.metadata.annotations["alb.ingress.kubernetes.io/listen-ports"] ??
    "";
  return `${ports.includes("HTTPS") ? "https" : "http"}://${host}`;
}

async function controllerUrl(cluster: Cluster): Promise<string | undefined> {
  const [service] = await servicesOf(cluster, "ingress").catch(() => []);
  return service && `http://${service.metadata.name}.${cluster.namespace}.svc`;
}
