import { failure, type Outcome, skipped, type Subject } from "../check";
import { messageOf } from "../message-of";
import { ProbeError, unavailableReason } from "./probe";

/** Runs a check through the ingress; an unreachable ingress is its outcome. */
export async function throughIngress(
  { config }: Subject,
  check: () => Promise<Outcome>,
): Promise<Outcome> {
  const reason = unavailableReason(config);
  if (reason) return skipped(reason);
  try {
    return await check();
  } catch (error) {
    if (error instanceof ProbeError) return failure(error.message, error.todo);
    return failure(
      `${config.PUBLIC_URL} is unreachable: ${messageOf(error)}`,
      "Check that the ingress has an address (kubectl get ingress, or with a Gateway: kubectl get gateway,httproute), that its name resolves and that its certificate is valid.",
    );
  }
}
