import { BlockList, isIPv6 } from "node:net";
import { type Check, failure, ok, type Outcome, skipped } from "../check";
import type { Cluster } from "../cluster/cluster";
import { NetworkPolicy, read } from "../cluster/objects";
import { type LiveSubnet, liveSubnets } from "../ingress/live-subnets";

/** Checks that web's network policy admits every subnet of the load balancer. */
export const loadBalancerSubnets: Check = {
  name: "load-balancer-subnets",
  why: "The load balancer connects to web from each of its subnets. From one that web does not admit, every connection times out.",
  run: async (subject) => {
    const { cluster } = subject;
    if (!cluster) return skipped("No cluster is configured.");
    const subnets = await liveSubnets(subject);
    if (!subnets) {
      return skipped(
        "The load balancer's subnets are not known: run scripts/preflight --local, with the AWS CLI signed in.",
      );
    }
    const admitted = await admittedBlocks(cluster);
    if (!admitted) return skipped("Web has no network policy.");
    return subnets.map((subnet) => look(subnet, admitted));
  },
};

/** The address blocks from which web may be reached. */
async function admittedBlocks(cluster: Cluster): Promise<string[] | undefined> {
  const path = `/apis/networking.k8s.io/v1/namespaces/${cluster.namespace}/networkpolicies/web`;
  const policy = await read(cluster, NetworkPolicy, path);
  return policy?.spec.ingress
    .flatMap(({ from }) => from)
    .flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr] : []));
}

function look({ id, cidrs }: LiveSubnet, admitted: string[]): Outcome {
  // Targets have addresses of one family, so one block of a subnet is enough.
  const reached = cidrs.find((cidr) =>
    admitted.some((block) => contains(block, cidr)),
  );
  if (reached) return ok(`Web admits the subnet ${id} (${reached}).`);
  return failure(
    `The load balancer is in the subnet ${id} (${cidrs.join(", ")}), which web does not admit. Its part of the connections times out.`,
    "Name the load balancer's subnets in ingress.subnets or ingress.subnetTags and all their address blocks in ingress.subnetCidrs, and deploy.",
  );
}

function contains(outer: string, inner: string): boolean {
  const [network = "", outerPrefix] = outer.split("/");
  const [address = "", innerPrefix] = inner.split("/");
  const family = isIPv6(network) ? "ipv6" : "ipv4";
  if (isIPv6(network) !== isIPv6(address)) return false;
  if (Number(innerPrefix) < Number(outerPrefix)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(outerPrefix), family);
  return list.check(address, family);
}
