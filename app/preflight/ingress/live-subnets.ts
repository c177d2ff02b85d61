import { z } from "zod";
import type { Subject } from "../check";
import { targetGroupBindingsOf } from "../cluster/objects";

/** A subnet in which the load balancer has an address. */
export interface LiveSubnet {
  id: string;
  /** Its address blocks; IPv6 only if the subnet has one. */
  cidrs: string[];
}

const TargetGroups = z.object({
  TargetGroups: z.array(
    z.object({ LoadBalancerArns: z.array(z.string()).default([]) }),
  ),
});

const LoadBalancers = z.object({
  LoadBalancers: z.array(
    z.object({
      AvailabilityZones: z.array(z.object({ SubnetId: z.string() })),
    }),
  ),
});

const Subnets = z.object({
  Subnets: z.array(
    z.object({
      SubnetId: z.string(),
      CidrBlock: z.string(),
      Ipv6CidrBlockAssociationSet: z
        .array(z.object({ Ipv6CidrBlock: z.string() }))
        .default([]),
    }),
  ),
});

/**
 * The subnets of web's load balancer, by the AWS CLI.
 *
 * @returns `undefined` without a load balancer, the CLI or its permissions.
 */
export async function liveSubnets(
  subject: Pick<Subject, "cluster" | "command">,
): Promise<LiveSubnet[] | undefined> {
  return read(subject).catch(() => undefined);
}

async function read({
  cluster,
  command,
}: Pick<Subject, "cluster" | "command">): Promise<LiveSubnet[] | undefined> {
  if (!cluster || !command) return undefined;
  const ask = async (...args: string[]): Promise<unknown> =>
    JSON.parse(await command("aws", [...args, "--output", "json"]));
  const bindings = await targetGroupBindingsOf(cluster);
  const group = bindings.find(({ spec }) => spec.targetGroupARN);
  if (!group) return undefined;
  const groups = TargetGroups.parse(
    await ask(
      ..."elbv2 describe-target-groups --target-group-arns".split(" "),
      group.spec.targetGroupARN!,
    ),
  );
  const arn = groups.TargetGroups[0]?.LoadBalancerArns[0];
  if (!arn) return undefined;
  const balancers = LoadBalancers.parse(
    await ask(
      ..."elbv2 describe-load-balancers --load-balancer-arns".split(" "),
      arn,
    ),
  );
  const ids = balancers.LoadBalancers.flatMap(({ AvailabilityZones }) =>
    AvailabilityZones.map(({ SubnetId }) => SubnetId),
  );
  const { Subnets: subnets } = Subnets.parse(
    await ask("ec2", "describe-subnets", "--subnet-ids", ...ids),
  );
  return subnets.map((subnet) => ({
    id: subnet.SubnetId,
    cidrs: [
      subnet.CidrBlock,
      ...subnet.Ipv6CidrBlockAssociationSet.map(
        ({ Ipv6CidrBlock }) => Ipv6CidrBlock,
      ),
    ],
  }));
}
