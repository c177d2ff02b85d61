import { z } from "zod";
import type { Subject } from "../Check";
import type { Cluster } from "../cluster/Cluster";
import { type Ingress, list, TargetGroupBinding } from "../cluster/objects";

/** What AWS takes if nothing is set. */
const STANDARD_SECONDS = 300;
const ATTRIBUTE = "deregistration_delay.timeout_seconds";

const Attributes = z.object({
  Attributes: z.array(z.object({ Key: z.string(), Value: z.string() })),
});

/**
 * How long an ALB lets open requests of a removed pod go on: as the live target group says, where
 * the AWS command line can ask it, and otherwise as the ingress says.
 */
export async function deregistrationDelay(
  { command }: Subject,
  cluster: Cluster,
  { metadata }: Ingress,
): Promise<{ seconds: number; source: string }> {
  const live = command && (await liveDelay(cluster, command));
  if (live !== undefined)
    return { seconds: live, source: "the live target group" };
  const written =
    metadata.annotations["alb.ingress.kubernetes.io/target-group-attributes"] ??
    "";
  const value = new RegExp(`${ATTRIBUTE}=(\\d+)`).exec(written)?.[1];
  return value === undefined
    ? { seconds: STANDARD_SECONDS, source: "AWS's default" }
    : { seconds: Number(value), source: "the ingress's annotation" };
}

async function liveDelay(
  cluster: Cluster,
  command: NonNullable<Subject["command"]>,
): Promise<number | undefined> {
  for (const group of ["elbv2.k8s.aws", "eks.amazonaws.com"]) {
    const path = `/apis/${group}/v1beta1/namespaces/${cluster.namespace}/targetgroupbindings`;
    const bindings = await list(cluster, TargetGroupBinding, path).catch(
      () => [],
    );
    const arn = bindings[0]?.spec.targetGroupARN;
    if (arn) return describe(arn, command).catch(() => undefined); // no command line, or no rights: the annotation tells
  }
  return undefined;
}

async function describe(
  arn: string,
  command: NonNullable<Subject["command"]>,
): Promise<number | undefined> {
  const text = await command("aws", [
    "elbv2",
    "describe-target-group-attributes",
    "--target-group-arn",
    arn,
    "--output",
    "json",
  ]);
  const { Attributes: attributes } = Attributes.parse(JSON.parse(text));
  const value = attributes.find(({ Key }) => Key === ATTRIBUTE)?.Value;
  return value === undefined ? undefined : Number(value);
}
