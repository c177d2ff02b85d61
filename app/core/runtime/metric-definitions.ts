/** What a metric is called, what it says, and by what its series are told apart. */
export interface MetricDefinition<Label extends string = string> {
  name: string;
  help: string;
  labelNames: readonly Label[];
}

/**
 * The metrics that alerts, the dashboard and autoscaling ask for. Whoever counts and whoever asks
 * take name and labels from here, so that neither can be changed without the other.
 */
export const metricDefinitions = {
  /** Of web. Its `_count` is how many requests there were. */
  requests: {
    name: "keepsake_http_request_seconds",
    help: "Time until the head of the answer was ready, by route",
    labelNames: ["method", "route", "status"],
  },
  streamsOpen: {
    name: "keepsake_streams_open",
    help: "Replies that are being sent to someone who watches",
    labelNames: [],
  },
  streamsLost: {
    name: "keepsake_streams_lost_total",
    help: "Streams that ended before their reply did",
    labelNames: ["cause"],
  },
  repliesInProgress: {
    name: "keepsake_replies_in_progress",
    help: "Replies that this process writes",
    labelNames: [],
  },
  repliesTakenOver: {
    name: "keepsake_replies_taken_over_total",
    help: "Replies that this process went on with after another process: one that handed them over as it drained, or one that fell silent",
    labelNames: ["after"],
  },
  modelReplies: {
    name: "keepsake_model_replies_total",
    help: "Replies by how they ended: complete, stopped or failed",
    labelNames: ["model", "outcome"],
  },
  modelFailures: {
    name: "keepsake_model_failures_total",
    help: "Failed replies by cause",
    labelNames: ["model", "reason"],
  },
  sessionStore: {
    name: "keepsake_session_store_seconds",
    help: "Time of what the session store does: list and read one file, write one session.",
    labelNames: ["operation"],
  },
  sessionConflicts: {
    name: "keepsake_session_conflicts_total",
    help: "Writes of a session that came second, and were tried again.",
    labelNames: [],
  },
  sessionDamage: {
    name: "keepsake_session_damage_total",
    help: "Session files that could not be read as what they should be.",
    labelNames: [],
  },
} as const satisfies Record<string, MetricDefinition>;

/** The routes of web that the cluster asks, and no visitor. */
export const PROBE_ROUTES = { alive: "/livez", ready: "/readyz" } as const;

/** Why a stream was lost: its reader left or took nothing, the pod drains, or the reply can't be had. */
export const LOSSES = ["visitor", "stalled", "drain", "backend"] as const;
export type Loss = (typeof LOSSES)[number];

/** What the process before did: it asked others to go on, or it died or stalled. */
export const PREDECESSORS = ["handover", "silence"] as const;
export type Predecessor = (typeof PREDECESSORS)[number];
