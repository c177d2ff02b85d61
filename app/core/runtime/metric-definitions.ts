export interface MetricDefinition<Label extends string = string> {
  name: string;
  help: string;
  labelNames: readonly Label[];
}

/**
 * The metrics that alerts, the dashboard and autoscaling query. Code and queries both take names
 * and labels from here, so that neither can change without the other.
 */
export const metricDefinitions = {
  /** Observed by web. Its `_count` is the number of requests. */
  requests: {
    name: "keepsake_http_request_seconds",
    help: "Time to response headers, by route.",
    labelNames: ["method", "route", "status"],
  },
  streamsOpen: {
    name: "keepsake_streams_open",
    help: "Open reply streams to browsers.",
    labelNames: [],
  },
  streamsLost: {
    name: "keepsake_streams_lost_total",
    help: "Streams that ended before their reply, by cause.",
    labelNames: ["cause"],
  },
  repliesInProgress: {
    name: "keepsake_replies_in_progress",
    help: "Replies that this process is writing.",
    labelNames: [],
  },
  repliesTakenOver: {
    name: "keepsake_replies_taken_over_total",
    help: "Replies taken over from another process, by reason (handover, lease expired).",
    labelNames: ["after"],
  },
  modelReplies: {
    name: "keepsake_model_replies_total",
    help: "Replies by outcome: complete, stopped or failed.",
    labelNames: ["model", "outcome"],
  },
  modelFailures: {
    name: "keepsake_model_failures_total",
    help: "Failed replies by cause.",
    labelNames: ["model", "reason"],
  },
  ownerVisits: {
    name: "keepsake_owner_visits_total",
    help: "Visits of anonymous owners, one per owner, process and day, by result: recorded or failed.",
    labelNames: ["result"],
  },
  storageUnavailable: {
    name: "keepsake_storage_unavailable",
    help: "1 while this process can't read its directory, or gets no answer within two seconds.",
    labelNames: [],
  },
  requestsRefused: {
    name: "keepsake_requests_refused_total",
    help: "Requests that web refused because of a limit, by kind.",
    labelNames: ["kind"],
  },
  sessionStore: {
    name: "keepsake_session_store_seconds",
    help: "Duration of session store operations: list and read one file, write one session.",
    labelNames: ["operation"],
  },
  sessionConflicts: {
    name: "keepsake_session_conflicts_total",
    help: "Session writes that lost to a concurrent write and were retried.",
    labelNames: [],
  },
  sessionDamage: {
    name: "keepsake_session_damage_total",
    help: "Damaged session files.",
    labelNames: [],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Routes for the cluster's probes. */
export const PROBE_ROUTES = { alive: "/livez", ready: "/readyz" } as const;

/** Causes of a lost stream. */
export const LOSSES = ["visitor", "stalled", "drain", "backend"] as const;
export type Loss = (typeof LOSSES)[number];

/** Whatever a limit is for: an address's requests of a kind, and the memory of forms. */
export const LIMITED = [
  "sessions",
  "messages",
  "uploads",
  "streams",
  "searches",
  "shared",
  "forms",
] as const;
export type Limited = (typeof LIMITED)[number];

/** Reasons of a takeover. */
export const PREDECESSORS = ["handover", "silence"] as const;
export type Predecessor = (typeof PREDECESSORS)[number];
