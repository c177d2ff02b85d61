import type { Subject } from "../check";
import type { Ingress } from "../cluster/objects";
import { liveTimes } from "./live-alb";

/** What AWS takes if nothing is set. */
const STANDARD_SECONDS = 300;
const WRITTEN = /deregistration_delay\.timeout_seconds=(\d+)/;

/**
 * How long an ALB lets open requests of a removed pod go on: as the live target group says, where
 * the AWS command line can ask it, and otherwise as the ingress says.
 */
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
    ? { seconds: STANDARD_SECONDS, source: "AWS's default" }
    : { seconds: Number(value), source: "the ingress's annotation" };
}
