import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { emit } from "./emit";
import { isIpv6 } from "../schema/fields";
import type { Place } from "../schema/place";
import { type Component, labels, selector } from "./labels";

export interface NetworkRules {
  ingress?: k8s.NetworkPolicyIngressRule[];
  egress?: k8s.NetworkPolicyEgressRule[];
}

/** Allows traffic of a component's pods; everything else stays denied. */
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

export const podsOf = (component: Component): k8s.NetworkPolicyPeer => ({
  podSelector: { matchLabels: selector(component) },
});

/** Pods of another namespace, by the label that the API server sets; all of them without labels. */
export const podsIn = (
  namespace: string,
  podLabels: Record<string, string> = {},
): k8s.NetworkPolicyPeer => ({
  namespaceSelector: {
    matchLabels: { "kubernetes.io/metadata.name": namespace },
  },
  ...(Object.keys(podLabels).length > 0
    ? { podSelector: { matchLabels: podLabels } }
    : {}),
});

/** Allows only Prometheus to read metrics. */
export const scraped = (
  monitoringNamespace: string,
  port: number,
): k8s.NetworkPolicyIngressRule => ({
  from: [podsIn(monitoringNamespace)],
  ports: [tcp(port)],
});

export const block = (cidr: string): k8s.NetworkPolicyPeer => ({
  ipBlock: { cidr },
});

/** Private and link-local addresses, the metadata endpoints among them. */
const PRIVATE: Record<string, string[]> = {
  "0.0.0.0/0": [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
  ],
  "::/0": [
    "::1/128",
    "fc00::/7",
    "fe80::/10",
    // The private IPv4 addresses above, as NAT64 translates them.
    "64:ff9b::a00:0/104",
    "64:ff9b::6440:0/106",
    "64:ff9b::7f00:0/104",
    "64:ff9b::a9fe:0/112",
    "64:ff9b::ac10:0/108",
    "64:ff9b::c0a8:0/112",
    "64:ff9b:1::/48",
  ],
};

/** An address block; one of all addresses means the internet, without private addresses. */
export function publicBlock(cidr: string): k8s.NetworkPolicyPeer {
  if (!cidr.endsWith("/0")) return block(cidr);
  const everywhere = isIpv6(cidr) ? "::/0" : "0.0.0.0/0";
  return { ipBlock: { cidr: everywhere, except: PRIVATE[everywhere] } };
}

/** Pods of a namespace, or an address block. */
export const peerOf = ({
  cidr,
  namespace,
  podLabels,
}: Place): k8s.NetworkPolicyPeer =>
  cidr === undefined ? podsIn(namespace!, podLabels) : publicBlock(cidr);

/** The internet, over IPv4 and IPv6. */
export const INTERNET = Object.keys(PRIVATE).map(publicBlock);
