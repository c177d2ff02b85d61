import {
  type Loss,
  metricDefinitions as metrics,
  type MetricDefinition,
  type Predecessor,
  PROBE_ROUTES,
} from "../../app/core/runtime/metric-definitions";
import { alerts } from "../../k8s/constructs/alerts";
import { evaluate, NOW, type Sample } from "./support/promql";

const namespace = "keepsake";
const all = alerts(namespace);

/** A sample of a Keepsake metric, with labels that no expression may depend on. */
const ours = <Label extends string>(
  { name }: MetricDefinition<Label>,
  value: number,
  labels: Partial<Record<Label | "le", string>> = {},
  suffix = "",
): Sample => ({
  name: name + suffix,
  value,
  labels: { namespace, pod: "pod-1", ...labels },
});

const requests = (route: string, status: string, perSecond: number) =>
  ours(metrics.requests, perSecond, { route, status, method: "GET" }, "_count");
const lost = (cause: Loss, perSecond: number) =>
  ours(metrics.streamsLost, perSecond, { cause });
const replies = (outcome: string, perSecond: number) =>
  ours(metrics.modelReplies, perSecond, { outcome, model: "eliza" });
const takenOver = (after: Predecessor, perSecond: number) =>
  ours(metrics.repliesTakenOver, perSecond, { after });
/** Buckets whose 95th percentile is this number of seconds. */
const storeTakes = (seconds: string) =>
  ["0.005", "0.1", "0.5", "5", "+Inf"].map((le) =>
    ours(
      metrics.sessionStore,
      Number(le.replace("+Inf", "Infinity")) >= Number(seconds) ? 10 : 1,
      { le, operation: "read" },
      "_bucket",
    ),
  );
const other = (
  name: string,
  value: number,
  labels: Record<string, string>,
): Sample => ({ name, value, labels: { namespace, ...labels } });
const volume = (claim: string, free: number) => {
  const labels = { persistentvolumeclaim: claim };
  return [
    other("kubelet_volume_stats_available_bytes", free, labels),
    other("kubelet_volume_stats_capacity_bytes", 100, labels),
  ];
};
const sweptAgo = (seconds: number) =>
  other("kube_cronjob_status_last_successful_time", NOW - seconds, {
    cronjob: "sweep-records",
  });
const failedJobs = (job_name: string, count: number) =>
  other("kube_job_status_failed", count, { job_name });
const pods = (count: number) => {
  const labels = { horizontalpodautoscaler: "web" };
  const prefix = "kube_horizontalpodautoscaler_";
  return [
    other(`${prefix}status_current_replicas`, count, labels),
    other(`${prefix}spec_max_replicas`, 20, labels),
  ];
};

/**
 * A busy day in mid-rollout without a fault: tabs close, slow readers are cut off, pods drain, fail
 * their probes and hand replies over.
 */
const HEALTHY: Sample[] = [
  requests("/conversations/:id", "200", 20),
  requests("/conversations/:id", "303", 5),
  requests("other", "404", 1),
  requests(PROBE_ROUTES.alive, "200", 2),
  requests(PROBE_ROUTES.ready, "200", 10),
  requests(PROBE_ROUTES.ready, "503", 5),
  lost("visitor", 2),
  lost("stalled", 0.1),
  lost("drain", 1),
  lost("backend", 0),
  replies("complete", 2),
  replies("stopped", 0.5),
  replies("failed", 0.01),
  takenOver("handover", 1),
  takenOver("silence", 0),
  ...storeTakes("0.005"),
  ours(metrics.sessionDamage, 0),
  ours(metrics.sessionConflicts, 1),
  ours(metrics.ownerVisits, 10, { result: "recorded" }),
  ...volume("sessions", 60),
  ...volume("records", 40),
  failedJobs("sweep-records-1", 0),
  // Belongs to another app in the same namespace.
  failedJobs("preflight-1", 1),
  sweptAgo(3_600),
  other("up", 1, { job: "web" }),
  other("up", 1, { job: "backend" }),
  ...pods(3),
];

const identity = ({ name, labels }: Sample) =>
  JSON.stringify([name, Object.entries(labels)]);

/** Healthy samples, with these changes. */
function healthyBut(...changes: Sample[]): Sample[] {
  const changed = new Set(changes.map(identity));
  return [
    ...HEALTHY.filter((sample) => !changed.has(identity(sample))),
    ...changes,
  ];
}

async function firing(samples: Sample[]): Promise<string[]> {
  const results = await Promise.all(
    all.map(({ expression }) => evaluate(expression, samples)),
  );
  return all
    .filter((_, index) => results[index]!.length > 0)
    .map(({ name }) => name);
}

const visitsFail = (share: number) => [
  requests("/conversations/:id", "200", 26 * (1 - share)),
  requests("/conversations/:id", "503", 26 * share),
];

const FAULTS: [what: string, samples: Sample[], alerts: string[]][] = [
  [
    "every fiftieth page fails",
    healthyBut(...visitsFail(0.02)),
    [
      "KeepsakePagesFailFast",
      "KeepsakePagesFailSteadily",
      "KeepsakePagesFailSlowly",
    ],
  ],
  [
    "every hundredth page fails",
    healthyBut(...visitsFail(0.01)),
    ["KeepsakePagesFailSteadily", "KeepsakePagesFailSlowly"],
  ],
  [
    "three pages of a thousand fail",
    healthyBut(...visitsFail(0.003)),
    ["KeepsakePagesFailSlowly"],
  ],
  [
    "a single visitor gets errors while all probes succeed",
    healthyBut(
      ...HEALTHY.filter(({ labels }) =>
        /conv|other/.test(labels["route"] ?? ""),
      ).map((sample) => ({ ...sample, value: 0 })),
      requests("/conversations/:id", "500", 0.02),
    ),
    [
      "KeepsakePagesFailFast",
      "KeepsakePagesFailSteadily",
      "KeepsakePagesFailSlowly",
    ],
  ],
  [
    "web can't read one reply in fifty from backend",
    healthyBut(lost("backend", 0.05)),
    [
      "KeepsakeStreamsLostFast",
      "KeepsakeStreamsLostSteadily",
      "KeepsakeStreamsLostSlowly",
    ],
  ],
  [
    "the model fails",
    healthyBut(replies("failed", 1)),
    ["KeepsakeRepliesFail"],
  ],
  [
    "backends die in mid-reply",
    healthyBut(takenOver("silence", 0.02)),
    ["KeepsakeRepliesTakenOver"],
  ],
  [
    "a volume is almost full",
    healthyBut(...volume("records", 5)),
    ["KeepsakeVolumeFills"],
  ],
  [
    "a pod's storage does not answer",
    healthyBut(ours(metrics.storageUnavailable, 1)),
    ["KeepsakeStorageUnavailable"],
  ],
  ["storage is slow", healthyBut(...storeTakes("5")), ["KeepsakeStorageSlow"]],
  [
    "a session's file is damaged",
    healthyBut(ours(metrics.sessionDamage, 0.001)),
    ["KeepsakeSessionsDamaged"],
  ],
  [
    "visit markers can't be created",
    healthyBut(ours(metrics.ownerVisits, 1, { result: "failed" })),
    ["KeepsakeVisitsNotRecorded"],
  ],
  [
    "many pods write the same sessions",
    healthyBut(ours(metrics.sessionConflicts, 6)),
    ["KeepsakeSessionsConflict"],
  ],
  [
    "a sweep fails",
    healthyBut(failedJobs("sweep-records-1", 1)),
    ["KeepsakeSweepFails"],
  ],
  [
    "no sweep succeeds",
    HEALTHY.filter(({ name }) => !name.includes("cronjob")).concat(
      sweptAgo(3 * 86_400),
    ),
    ["KeepsakeSweepMissing"],
  ],
  [
    "no web pod responds",
    healthyBut(other("up", 0, { job: "web" })),
    ["KeepsakeWebDown"],
  ],
  [
    "no backend is known",
    HEALTHY.filter(({ labels }) => labels["job"] !== "backend"),
    ["KeepsakeBackendDown"],
  ],
  [
    "a limit refuses many requests",
    healthyBut(ours(metrics.requestsRefused, 2, { kind: "messages" })),
    ["KeepsakeRefusesRequests"],
  ],
  [
    "autoscaling has reached its maximum",
    healthyBut(...pods(20)),
    ["KeepsakeAtItsLimit"],
  ],
];

test("no alert fires while a rollout goes well", async () => {
  expect(await firing(HEALTHY)).toEqual([]);
});

test("no alert fires without traffic", async () => {
  const quiet = HEALTHY.map((sample) =>
    sample.name.startsWith("keepsake_") ? { ...sample, value: 0 } : sample,
  );
  expect(await firing(quiet)).toEqual([]);
});

test.each(FAULTS)(
  "only the expected alerts fire when %s",
  async (_, samples, expected) => {
    expect(await firing(samples)).toEqual(expected);
  },
);

test("every alert has a fault that fires it", () => {
  const tried = new Set(FAULTS.flatMap(([, , expected]) => expected));
  expect(
    all.map(({ name }) => name).filter((name) => !tried.has(name)),
  ).toEqual([]);
});

test("faults of another Keepsake in the same cluster fire no alert", async () => {
  const elsewhere = FAULTS.flatMap(([, samples]) => samples).map((sample) => ({
    ...sample,
    labels: { ...sample.labels, namespace: "other" },
  }));
  expect(await firing([...HEALTHY, ...elsewhere])).toEqual([]);
});
