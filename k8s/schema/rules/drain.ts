import { z } from "zod";
import { drainTimes } from "../../constructs/drain";
import { balanced, rule } from "./rule";

/** The longest deregistration delay that a target group accepts. */
const DEREGISTRATION_MAX_SECONDS = 3_600;

const seconds = z.int().min(0);

const drainFitsTargetGroup = rule(
  z.object({ drainSeconds: seconds, ingress: balanced }),
  ({ drainSeconds }) => {
    const { deregistrationDelaySeconds } = drainTimes(drainSeconds);
    if (deregistrationDelaySeconds <= DEREGISTRATION_MAX_SECONDS) return [];
    return [
      {
        path: "drainSeconds",
        value: drainSeconds,
        message:
          `needs a deregistration delay of ${deregistrationDelaySeconds} s, and a target group allows ${DEREGISTRATION_MAX_SECONDS}. ` +
          `Set it to ${DEREGISTRATION_MAX_SECONDS - 15} or less`,
      },
    ];
  },
);

const scaleInFitsDrain = rule(
  z.object({ drainSeconds: seconds }),
  ({ drainSeconds }) => {
    const { scaleInPeriodSeconds, terminationGracePeriodSeconds } =
      drainTimes(drainSeconds);
    if (terminationGracePeriodSeconds <= scaleInPeriodSeconds) return [];
    return [
      {
        path: "drainSeconds",
        value: drainSeconds,
        message:
          `makes a pod's termination (${terminationGracePeriodSeconds} s) longer than the maximum period of autoscaling (${scaleInPeriodSeconds} s), ` +
          "so autoscaling would remove a second pod while the first still drains. Set it to 1780 or less",
      },
    ];
  },
);

export const drainRules = [drainFitsTargetGroup, scaleInFitsDrain];
