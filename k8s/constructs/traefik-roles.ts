import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { emit } from "./emit";
import { labels } from "./labels";

/** Lets Traefik read IngressClasses and nodes of the cluster, and routes of this namespace only. */
export function addTraefikRoles(scope: Construct, namespace: string): void {
  const own = {
    name: "traefik",
    namespace,
    labels: labels(namespace, "ingress"),
  };
  const ofCluster = { name: namespace, labels: labels(namespace, "ingress") };
  const subjects = [{ kind: "ServiceAccount", name: "traefik", namespace }];
  emit(scope, "cluster-role", k8s.KubeClusterRole, {
    metadata: ofCluster,
    rules: [read("", "nodes"), read("networking.k8s.io", "ingressclasses")],
  });
  emit(scope, "cluster-binding", k8s.KubeClusterRoleBinding, {
    metadata: ofCluster,
    roleRef: roleRef("ClusterRole", namespace),
    subjects,
  });
  emit(scope, "role", k8s.KubeRole, { metadata: own, rules: inNamespace });
  emit(scope, "binding", k8s.KubeRoleBinding, {
    metadata: own,
    roleRef: roleRef("Role", "traefik"),
    subjects,
  });
}

const read = (apiGroup: string, ...resources: string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs: ["get", "list", "watch"],
});

const roleRef = (kind: string, name: string) => ({
  apiGroup: "rbac.authorization.k8s.io",
  kind,
  name,
});

const inNamespace = [
  // Traefik does not start without the right to list Secrets, in which it looks for certificates.
  read("", "services", "secrets"),
  read("discovery.k8s.io", "endpointslices"),
  read("networking.k8s.io", "ingresses"),
  {
    apiGroups: ["networking.k8s.io"],
    resources: ["ingresses/status"],
    verbs: ["update"],
  },
];
