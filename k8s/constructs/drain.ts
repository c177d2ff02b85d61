/** The time-outs derived from `DRAIN_SECONDS`, in seconds. */
export interface DrainTimes {
  /** `DRAIN_SECONDS` itself: from SIGTERM to the exit of the process. */
  drainSeconds: number;
  /** From the pod's deletion to SIGTERM; the pod keeps serving. */
  preStopSeconds: number;
  /** From the pod's deletion to SIGKILL. */
  terminationGracePeriodSeconds: number;
  /** The load balancer's time-out for open requests to a removed pod. */
  deregistrationDelaySeconds: number;
  /** The minimum time between two pods that autoscaling removes. */
  scaleInPeriodSeconds: number;
  /** The autoscaler's stabilization window for scaling in. */
  scaleInWindowSeconds: number;
}

/** Upper bound of preStop: routing tables and load balancers need no longer. */
const NOTICE_SECONDS_MAX = 15;
/** For the exit of the process after its last stream has closed. */
const END_SECONDS = 5;
/** Kubernetes' limit of a scaling policy's period. */
const SCALING_PERIOD_MAX = 1_800;
/** Metrics lag behind pods that are removed faster. */
const SCALE_IN_PERIOD_MIN = 60;
/** Kubernetes' default. */
const SCALE_IN_WINDOW_MIN = 300;

/**
 * Derives all time-outs of a pod's shutdown from `DRAIN_SECONDS`:
 *
 *     deletion ── preStop ──→ SIGTERM ── drain ──→ end of process ── 5 s ──→ SIGKILL
 *        └─────── deregistration delay ──────────────────┘
 *
 * The endpoint is removed at deletion, and requests still arrive during `preStop`. The load balancer
 * must not cut streams before their clients were told to reconnect, so its delay ends with the drain.
 * Autoscaling removes the next pod only after the previous one is gone.
 */
export function drainTimes(drainSeconds: number): DrainTimes {
  const preStopSeconds = Math.min(
    NOTICE_SECONDS_MAX,
    Math.max(1, Math.ceil(drainSeconds / 3)),
  );
  const terminationGracePeriodSeconds =
    preStopSeconds + drainSeconds + END_SECONDS;
  const scaleInPeriodSeconds = Math.min(
    SCALING_PERIOD_MAX,
    Math.max(SCALE_IN_PERIOD_MIN, terminationGracePeriodSeconds),
  );
  return {
    drainSeconds,
    preStopSeconds,
    terminationGracePeriodSeconds,
    deregistrationDelaySeconds: preStopSeconds + drainSeconds,
    scaleInPeriodSeconds,
    scaleInWindowSeconds: Math.max(SCALE_IN_WINDOW_MIN, scaleInPeriodSeconds),
  };
}
