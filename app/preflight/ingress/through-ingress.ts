import { failure, type Outcome, skipped, type Subject } from "../check";
import { messageOf } from "../message-of";
import { ProbeError, whyNoProbe } from "./probe";

/** Looks through the ingress, if there is one to look through; what stands in the way is the outcome. */
export async function throughIngress(
  { config }: Subject,
  look: () => Promise<Outcome>,
): Promise<Outcome> {
  const reason = whyNoProbe(config);
  if (reason) return skipped(reason);
  try {
    return await look();
  } catch (error) {
    if (error instanceof ProbeError) return failure(error.message, error.todo);
    return failure(
      `${config.PUBLIC_URL} can't be reached: ${messageOf(error)}`,
      "See whether the ingress has an address (kubectl get ingress), whether its name resolves, and whether its certificate is valid.",
    );
  }
}
