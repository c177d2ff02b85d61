/** Every time-out that the drain's one number decides, in seconds. */
export interface DrainTimes {
  /** `DRAIN_SECONDS` itself: what the process has from SIGTERM to its end. */
  drainSeconds: number;
  /** How long a pod that must go serves on before SIGTERM. */
  preStopSeconds: number;
  /** When the kubelet kills what is left. */
  terminationGracePeriodSeconds: number;
  /** How long the load balancer lets open requests of a removed pod go on. */
  deregistrationDelaySeconds: number;
  /** The shortest time between two pods that autoscaling removes. */
  scaleInPeriodSeconds: number;
  /** For how long the load must have fallen before autoscaling removes any. */
  scaleInWindowSeconds: number;
}

/** A third of the drain, but no more than routing tables and load balancers need to notice. */
const NOTICE_SECONDS_MAX = 15;
/** For the process to end, and its logs to be flushed, after the last stream was let go. */
const END_SECONDS = 5;
/** Kubernetes' own limit of a scaling policy's period. */
const SCALING_PERIOD_MAX = 1_800;
/** A pod a minute at most: below that, measurements lag behind what was removed. */
const SCALE_IN_PERIOD_MIN = 60;
/** Five minutes, Kubernetes' own default: people come back sooner than that. */
const SCALE_IN_WINDOW_MIN = 300;

/**
 * Derives the time-outs of a pod's end from `DRAIN_SECONDS`, in the order in which they pass:
 *
 *     deletion ── preStop ──→ SIGTERM ── drain ──→ end of process ── 5 s ──→ SIGKILL
 *        └─────── deregistration delay ──────────────────┘
 *
 * The endpoint is removed at deletion, so that `preStop` covers the time in which requests still
 * arrive. The load balancer must not cut streams before the process has told their readers where
 * to go on, so that its delay ends with the drain. Autoscaling takes its next pod only when the
 * one before is gone.
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
