import type { Subject } from "../check";
import type { Ingress } from "../cluster/objects";
import { liveTimes } from "./live-alb";

/** AWS's default. */
const DEFAULT_SECONDS = 300;
const WRITTEN = /deregistration_delay\.timeout_seconds=(\d+)/;

/** The ALB's deregistration delay: the live target group's if the AWS CLI can read it, or else the ingress's. */
export async function deregistrationDelay(
  subject: Subject,
  { metadata }: Ingress,
): Promise<{ seconds: number; source: string }> {
  const { deregistrationDelay: live } = await liveTimes(subject);
  if (live !== undefined)
    return { seconds: live, source: "the live target group" };
  const attributes =
    metadata.annotations["alb.ingress.kubernetes.io/target-group-attributes"];
  const value = WRITTEN.exec(attributes ?? "")?.[1];
  return value === undefined
    ? { seconds: DEFAULT_SECONDS, source: "AWS's default" }
    : { seconds: Number(value), source: "the ingress's annotation" };
}
