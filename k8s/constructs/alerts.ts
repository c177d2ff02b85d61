import {
  type Loss,
  metricDefinitions as metrics,
  type Predecessor,
} from "../../app/core/runtime/metric-definitions";
import { rateOf, series, visits } from "./promql";

export interface Alert {
  name: string;
  expression: string;
  for: string;
  /** `page` wakes an operator; a `ticket` waits for working hours. */
  severity: "page" | "ticket";
  summary: string;
  description: string;
}

/** 99.9 %: of a million pages, a thousand may fail. */
const BUDGET = 0.001;

/**
 * Burn rates as in Google's SRE workbook: the long window shows that it matters, the short one that
 * it is still happening. They spend 2 % of a month's budget in 1 h, 5 % in 6 h and 10 % in 3 d.
 */
const WINDOWS = [
  { rate: 14.4, long: "1h", short: "5m", for: "2m", severity: "page" },
  { rate: 6, long: "6h", short: "30m", for: "15m", severity: "page" },
  { rate: 1, long: "3d", short: "6h", for: "1h", severity: "ticket" },
] as const;

const SUFFIX = { "14.4": "Fast", "6": "Steadily", "1": "Slowly" };

/** A ratio's numerator and denominator over a window. */
type Ratio = (window: string) => string;

function burning(
  name: string,
  ratio: Ratio,
  summary: string,
  description: string,
): Alert[] {
  return WINDOWS.map((window) => {
    const limit = `${window.rate} * ${BUDGET}`;
    return {
      name: name + SUFFIX[`${window.rate}`],
      expression: `(${ratio(window.long)}) > ${limit} and (${ratio(window.short)}) > ${limit}`,
      for: window.for,
      severity: window.severity,
      summary,
      description: `${description} At this rate (${window.rate} times what a month allows, over ${window.long}) the month's budget of 0.1 % will not last.`,
    };
  });
}

/** The only cause that is a fault: closed tabs and drains are normal. */
const BROKEN: Loss = "backend";
/** A takeover from a dead or stalled process; a handover is part of every rollout. */
const UNEXPECTED: Predecessor = "silence";

/** Each alert has a section of its name in docs/runbooks.md. */
export function alerts(namespace: string): Alert[] {
  const here = `namespace="${namespace}"`;
  return [
    ...burning(
      "KeepsakePagesFail",
      (window) =>
        `${rateOf(visits(namespace, "5.."), window)} / ${rateOf(visits(namespace), window)}`,
      "Visitors get error pages",
      "Pages and forms are answered with a server error.",
    ),
    ...burning(
      "KeepsakeStreamsLost",
      (window) =>
        `${rateOf(series(metrics.streamsLost, { namespace, cause: BROKEN }), window)} / ${rateOf(series(metrics.modelReplies, { namespace }), window)}`,
      "Replies break off before visitors' eyes",
      "Event streams end because web can't get the reply from backend: a visitor sees it stop.",
    ),
    ...modelAlerts(namespace),
    ...storageAlerts(namespace),
    ...sweepAlerts(here),
    ...capacityAlerts(namespace),
  ];
}

function modelAlerts(namespace: string): Alert[] {
  return [
    {
      name: "KeepsakeRepliesFail",
      expression: `${rateOf(series(metrics.modelReplies, { namespace, outcome: "failed" }), "10m")} / ${rateOf(series(metrics.modelReplies, { namespace }), "10m")} > 0.05`,
      for: "10m",
      severity: "page",
      summary: "The model does not answer",
      description:
        "More than one reply in twenty ends with a failure of the model. Visitors see a Retry.",
    },
    {
      name: "KeepsakeRepliesTakenOver",
      expression: `sum(increase(${series(metrics.repliesTakenOver, { namespace, after: UNEXPECTED })}[30m])) > 20`,
      for: "0m",
      severity: "ticket",
      summary: "Backends take over each other's replies",
      description:
        "No reply is lost, but processes die or stall in mid-reply. What a drain hands over, as every rollout does, is not counted.",
    },
  ];
}

function storageAlerts(namespace: string): Alert[] {
  const here = `namespace="${namespace}"`;
  const volumes = `${here},persistentvolumeclaim=~"sessions|records"`;
  return [
    {
      name: "KeepsakeVolumeFills",
      expression: `kubelet_volume_stats_available_bytes{${volumes}} / kubelet_volume_stats_capacity_bytes{${volumes}} < 0.1`,
      for: "10m",
      severity: "page",
      summary: "A volume has less than a tenth left",
      description:
        "The volume of the claim {{ $labels.persistentvolumeclaim }} fills up. When it is full, nothing that visitors write is accepted any more.",
    },
    {
      name: "KeepsakeStorageUnavailable",
      expression: `sum(${series(metrics.storageUnavailable, { namespace })}) > 0`,
      for: "1m",
      severity: "page",
      summary: "Pods can't use their volume",
      description:
        "{{ $value }} pods get no answer from their volume. They stay ready, and answer visitors with a page that says so.",
    },
    {
      name: "KeepsakeStorageSlow",
      expression: `histogram_quantile(0.95, sum by (le, operation) (rate(${series(metrics.sessionStore, { namespace }, "_bucket")}[10m]))) > 0.5`,
      for: "15m",
      severity: "ticket",
      summary: "Sessions are slow to read or write",
      description:
        "One {{ $labels.operation }} of a session in twenty takes longer than half a second: every page waits for it.",
    },
    {
      name: "KeepsakeSessionsDamaged",
      expression: `sum(increase(${series(metrics.sessionDamage, { namespace })}[1h])) > 0`,
      for: "0m",
      severity: "ticket",
      summary: "Session files can't be read",
      description:
        "A version of a session was set aside, and the one before it serves. Software never writes such a file: suspect the storage, or a hand.",
    },
    {
      name: "KeepsakeVisitsNotRecorded",
      expression: `sum(increase(${series(metrics.ownerVisits, { namespace, result: "failed" })}[1h])) > 0`,
      for: "1h",
      severity: "ticket",
      summary: "Visits of anonymous visitors are not recorded",
      description:
        "Backends can't write visit markers. If that lasts for weeks, a sweep takes visitors for gone and removes their conversations.",
    },
    {
      name: "KeepsakeSessionsConflict",
      expression: `${rateOf(series(metrics.sessionConflicts, { namespace }), "15m")} > 5`,
      for: "30m",
      severity: "ticket",
      summary: "Sessions are written from several places at once",
      description:
        "Every change is kept, but each conflict costs a merge. Usually stickiness is off, or a script shares one cookie.",
    },
  ];
}

function sweepAlerts(here: string): Alert[] {
  return [
    {
      name: "KeepsakeSweepFails",
      expression: `kube_job_status_failed{${here},job_name=~"sweep-.*"} > 0`,
      for: "15m",
      severity: "ticket",
      summary: "A sweep failed",
      description:
        "The job {{ $labels.job_name }} failed for good. What has expired stays where it is, and space runs out slowly.",
    },
    {
      name: "KeepsakeSweepMissing",
      expression: `time() - kube_cronjob_status_last_successful_time{${here},cronjob=~"sweep-.*"} > 2 * 86400`,
      for: "1h",
      severity: "ticket",
      summary: "No sweep has succeeded for two days",
      description:
        "{{ $labels.cronjob }} has not ended well for {{ $value | humanizeDuration }}.",
    },
  ];
}

function capacityAlerts(namespace: string): Alert[] {
  const here = `namespace="${namespace}"`;
  const down = (component: string): Alert => ({
    name: component === "web" ? "KeepsakeWebDown" : "KeepsakeBackendDown",
    expression: `absent(up{${here},job="${component}"} == 1)`,
    for: "3m",
    severity: "page",
    summary: `No ${component} pod answers`,
    description: `Prometheus reaches no pod of ${component}.`,
  });
  return [
    down("web"),
    down("backend"),
    {
      name: "KeepsakeRefusesRequests",
      expression: `sum by (kind) (rate(${series(metrics.requestsRefused, { namespace })}[10m])) > 1`,
      for: "15m",
      severity: "ticket",
      summary: "A limit refuses many requests",
      description:
        "More than one request a second is refused by the limit for {{ $labels.kind }}: one client asks for too much, or the limit is too low for a network with many visitors.",
    },
    {
      name: "KeepsakeAtItsLimit",
      expression: `kube_horizontalpodautoscaler_status_current_replicas{${here}} >= kube_horizontalpodautoscaler_spec_max_replicas{${here}}`,
      for: "15m",
      severity: "ticket",
      summary: "Autoscaling has reached its limit",
      description:
        "{{ $labels.horizontalpodautoscaler }} runs as many pods as it may. With more load, pages get slow.",
    },
  ];
}
