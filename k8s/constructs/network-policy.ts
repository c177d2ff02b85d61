import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { emit } from "./emit";
import { type Component, labels, selector } from "./labels";

export interface NetworkRules {
  ingress?: k8s.NetworkPolicyIngressRule[];
  egress?: k8s.NetworkPolicyEgressRule[];
}

/** Lets a component's pods be reached, and reach, what is named; all else stays denied. */
export function allow(
  scope: Construct,
  namespace: string,
  component: Component,
  rules: NetworkRules,
): void {
  emit(scope, `${component}-network`, k8s.KubeNetworkPolicy, {
    metadata: {
      name: component,
      namespace,
      labels: labels(namespace, component),
    },
    spec: {
      podSelector: { matchLabels: selector(component) },
      policyTypes: ["Ingress", "Egress"],
      ingress: rules.ingress ?? [],
      egress: rules.egress ?? [],
    },
  });
}

export const tcp = (port: number | string): k8s.NetworkPolicyPort => ({
  protocol: "TCP",
  port:
    typeof port === "number"
      ? k8s.IntOrString.fromNumber(port)
      : k8s.IntOrString.fromString(port),
});

export const udp = (port: number): k8s.NetworkPolicyPort => ({
  protocol: "UDP",
  port: k8s.IntOrString.fromNumber(port),
});

/** The pods of a component in this namespace. */
export const podsOf = (component: Component): k8s.NetworkPolicyPeer => ({
  podSelector: { matchLabels: selector(component) },
});

/** All pods of another namespace, by the label that the API server itself sets. */
export const podsIn = (namespace: string): k8s.NetworkPolicyPeer => ({
  namespaceSelector: {
    matchLabels: { "kubernetes.io/metadata.name": namespace },
  },
});

/** Lets Prometheus read metrics, and nobody else. */
export const scraped = (
  monitoringNamespace: string,
  port: number,
): k8s.NetworkPolicyIngressRule => ({
  from: [podsIn(monitoringNamespace)],
  ports: [tcp(port)],
});

export const block = (
  cidr: string,
  except?: string[],
): k8s.NetworkPolicyPeer => ({
  ipBlock: except === undefined ? { cidr } : { cidr, except },
});

/** What the internet is not: private networks, and link-local addresses with the metadata endpoint among them. */
export const NOT_THE_INTERNET = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
];
