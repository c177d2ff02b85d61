import { BlockList, isIPv4 } from "node:net";
import type { Manifest } from "./manifests";

/** A pod as network policies see it. */
export interface Endpoint {
  namespace: string;
  labels: Record<string, string>;
  address: string;
}

interface Selector {
  matchLabels?: Record<string, string>;
}

interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: { cidr: string; except?: string[] };
}

interface Port {
  port?: number | string;
}

interface PolicyRule {
  from?: Peer[];
  to?: Peer[];
  ports?: Port[];
}

interface Policy {
  podSelector: Selector;
  policyTypes: string[];
  ingress?: PolicyRule[];
  egress?: PolicyRule[];
}

/** True if the policies let one pod connect to a port of another, as Kubernetes defines them. */
export const allows = (
  objects: Manifest[],
  from: Endpoint,
  to: Endpoint,
  port: number,
): boolean =>
  permitted(objects, "Egress", from, to, port) &&
  permitted(objects, "Ingress", to, from, port);

function permitted(
  objects: Manifest[],
  direction: "Egress" | "Ingress",
  subject: Endpoint,
  other: Endpoint,
  port: number,
): boolean {
  const policies = objects
    .filter(({ kind }) => kind === "NetworkPolicy")
    .filter(({ metadata }) => metadata.namespace === subject.namespace)
    .map((object) => object["spec"] as Policy)
    .filter(({ policyTypes }) => policyTypes.includes(direction))
    .filter(({ podSelector }) => matches(podSelector, subject.labels));
  if (policies.length === 0) return true;
  const rules = policies.flatMap(
    (policy) => (direction === "Egress" ? policy.egress : policy.ingress) ?? [],
  );
  return rules.some(({ from, to, ports }) => {
    const peers = direction === "Egress" ? to : from;
    return (
      (!ports || ports.some((one) => one.port === port)) &&
      (!peers || peers.some((peer) => includes(peer, subject, other)))
    );
  });
}

function includes(peer: Peer, subject: Endpoint, other: Endpoint): boolean {
  if (peer.ipBlock) {
    const { cidr, except = [] } = peer.ipBlock;
    return (
      contains(cidr, other.address) &&
      !except.some((block) => contains(block, other.address))
    );
  }
  const isNamespace = peer.namespaceSelector
    ? matches(peer.namespaceSelector, {
        "kubernetes.io/metadata.name": other.namespace,
      })
    : other.namespace === subject.namespace;
  return isNamespace && matches(peer.podSelector ?? {}, other.labels);
}

const matches = (
  { matchLabels = {} }: Selector,
  labels: Record<string, string>,
) => Object.entries(matchLabels).every(([key, value]) => labels[key] === value);

function contains(cidr: string, address: string): boolean {
  const [network = "", prefix] = cidr.split("/");
  if (isIPv4(network) !== isIPv4(address)) return false;
  const family = isIPv4(network) ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family);
  return list.check(address, family);
}
