import { loadBalancerSubnets } from "../../app/preflight/checks/load-balancer-subnets";
import { clusterOf, run } from "./support";

const binding = {
  metadata: { name: "web" },
  spec: { targetGroupARN: "arn:group" },
};

/** A cluster with a load balancer, whose web admits these address blocks. */
const clusterThatAdmits = (...cidrs: string[]) =>
  clusterOf({
    "/apis/elbv2.k8s.aws/v1beta1/namespaces/keepsake/targetgroupbindings": {
      items: [binding],
    },
    "/apis/networking.k8s.io/v1/namespaces/keepsake/networkpolicies/web": {
      metadata: { name: "web" },
      spec: {
        ingress: [
          { from: cidrs.map((cidr) => ({ ipBlock: { cidr } })) },
          { from: [{ namespaceSelector: {} }] },
        ],
      },
    },
  });

/** The AWS CLI, for a load balancer in three subnets, of which the last has IPv6. */
const command = async (_: string, args: string[]): Promise<string> =>
  JSON.stringify(
    {
      "describe-target-groups": {
        TargetGroups: [{ LoadBalancerArns: ["arn:balancer"] }],
      },
      "describe-load-balancers": {
        LoadBalancers: [
          {
            AvailabilityZones: ["a", "b", "c"].map((zone) => ({
              SubnetId: `subnet-${zone}`,
            })),
          },
        ],
      },
      "describe-subnets": {
        Subnets: [
          { SubnetId: "subnet-a", CidrBlock: "10.0.0.0/20" },
          { SubnetId: "subnet-b", CidrBlock: "10.0.16.0/20" },
          {
            SubnetId: "subnet-c",
            CidrBlock: "10.0.32.0/20",
            Ipv6CidrBlockAssociationSet: [
              { Ipv6CidrBlock: "2001:db8:0:3::/64" },
            ],
          },
        ],
      },
    }[args[1]!],
  );

const statuses = async (...cidrs: string[]) =>
  (
    await run(
      loadBalancerSubnets,
      {},
      { cluster: clusterThatAdmits(...cidrs), command },
    )
  ).map(({ status }) => status);

it.each([
  [
    ["10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20"],
    ["ok", "ok", "ok"],
  ],
  [["10.0.0.0/16"], ["ok", "ok", "ok"]],
  [
    ["10.0.0.0/20", "10.0.16.0/20"],
    ["ok", "ok", "failure"],
  ],
  [
    ["10.0.0.0/20", "2001:db8::/48"],
    ["ok", "failure", "ok"],
  ],
  [["10.0.0.0/24"], ["failure", "failure", "failure"]],
])("compares the load balancer's subnets with %j: %j", async (cidrs, found) => {
  expect(await statuses(...cidrs)).toEqual(found);
});

it("names the subnet that web does not admit", async () => {
  const outcomes = await run(
    loadBalancerSubnets,
    {},
    { cluster: clusterThatAdmits("10.0.0.0/19"), command },
  );
  expect(outcomes.at(-1)).toMatchObject({
    seen: "The load balancer is in the subnet subnet-c (10.0.32.0/20, 2001:db8:0:3::/64), which web does not admit. Its part of the connections times out.",
    todo: expect.stringContaining("ingress.subnetCidrs"),
  });
});

it.each([
  ["no load balancer exists", clusterOf({}), command],
  ["the AWS CLI is missing", clusterThatAdmits("10.0.0.0/16"), undefined],
  [
    "the AWS CLI has no permission",
    clusterThatAdmits("10.0.0.0/16"),
    async () => Promise.reject(new Error("AccessDenied")),
  ],
])("skips the comparison when %s", async (_, cluster, cli) => {
  const outcomes = await run(
    loadBalancerSubnets,
    {},
    { cluster, command: cli },
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["skipped"]);
});
