import { z } from "zod";
import type { Subject } from "../check";
import type { Cluster } from "../cluster/cluster";
import { targetGroupBindingsOf } from "../cluster/objects";

/** The current settings of an Application Load Balancer, in seconds. */
export interface LiveTimes {
  deregistrationDelay?: number;
  idleTimeout?: number;
}

const Attributes = z.object({
  Attributes: z.array(z.object({ Key: z.string(), Value: z.string() })),
});

const TargetGroups = z.object({
  TargetGroups: z.array(
    z.object({ LoadBalancerArns: z.array(z.string()).default([]) }),
  ),
});

/** Reads them with the AWS CLI; empty without the CLI, its permissions or an ALB. */
export async function liveTimes({
  cluster,
  command,
}: Pick<Subject, "cluster" | "command">): Promise<LiveTimes> {
  if (!cluster || !command) return {};
  const group = await targetGroup(cluster);
  if (!group) return {};
  const ask = async (...args: string[]): Promise<unknown> =>
    JSON.parse(await command("aws", ["elbv2", ...args, "--output", "json"]));
  const [deregistrationDelay, idleTimeout] = await Promise.all([
    delayOf(group, ask).catch(unknown),
    idleTimeoutOf(group, ask).catch(unknown),
  ]);
  return { deregistrationDelay, idleTimeout };
}

/** Not a fault: the checks then use the settings of the ingress. */
const unknown = () => undefined;

type Ask = (...args: string[]) => Promise<unknown>;

async function targetGroup(cluster: Cluster): Promise<string | undefined> {
  const bindings = await targetGroupBindingsOf(cluster).catch(() => []);
  return bindings.find(({ spec }) => spec.targetGroupARN)?.spec.targetGroupARN;
}

async function delayOf(group: string, ask: Ask): Promise<number | undefined> {
  const answer = await ask(
    "describe-target-group-attributes",
    "--target-group-arn",
    group,
  );
  return attribute(answer, "deregistration_delay.timeout_seconds");
}

async function idleTimeoutOf(
  group: string,
  ask: Ask,
): Promise<number | undefined> {
  const { TargetGroups: groups } = TargetGroups.parse(
    await ask("describe-target-groups", "--target-group-arns", group),
  );
  const balancer = groups[0]?.LoadBalancerArns[0];
  if (!balancer) return undefined;
  const answer = await ask(
    "describe-load-balancer-attributes",
    "--load-balancer-arn",
    balancer,
  );
  return attribute(answer, "idle_timeout.timeout_seconds");
}

function attribute(answer: unknown, name: string): number | undefined {
  const { Attributes: attributes } = Attributes.parse(answer);
  const value = attributes.find(({ Key }) => Key === name)?.Value;
  return value === undefined ? undefined : Number(value);
}
