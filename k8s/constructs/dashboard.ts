import {
  type MetricDefinition,
  metricDefinitions as metrics,
} from "../../app/core/runtime/metric-definitions";
import { rateOf, series, visitors, visits } from "./promql";

/** Grafana's variable: long enough for a rate at any zoom. */
const WINDOW = "$__rate_interval";

interface Panel {
  title: string;
  unit: string;
  queries: Record<string, string>;
}

/** In the order in which an operator looks at them during an incident. */
function panels(namespace: string): Panel[] {
  const here = `namespace="${namespace}"`;
  const quantile = (q: number, buckets: string, by = "") =>
    `histogram_quantile(${q}, sum by (le${by}) (rate(${buckets}[${WINDOW}])))`;
  const all = (metric: MetricDefinition) => series(metric, { namespace });
  const answers = series(metrics.requests, visitors(namespace), "_bucket");
  const store = series(metrics.sessionStore, { namespace }, "_bucket");
  return [
    {
      title: "Requests by status",
      unit: "reqps",
      queries: {
        "{{status}}": `sum by (status) (rate(${visits(namespace)}[${WINDOW}]))`,
      },
    },
    {
      title: "Pages that failed",
      unit: "percentunit",
      queries: {
        failed: `${rateOf(visits(namespace, "5.."), WINDOW)} / ${rateOf(visits(namespace), WINDOW)}`,
      },
    },
    {
      title: "Time to answer",
      unit: "s",
      queries: {
        median: quantile(0.5, answers),
        "19 of 20": quantile(0.95, answers),
      },
    },
    {
      title: "Streams open, by pod",
      unit: "short",
      queries: { "{{pod}}": all(metrics.streamsOpen) },
    },
    {
      title: "Streams lost, by cause",
      unit: "ops",
      queries: {
        "{{cause}}": `sum by (cause) (rate(${all(metrics.streamsLost)}[${WINDOW}]))`,
      },
    },
    {
      title: "Replies in progress, by pod",
      unit: "short",
      queries: { "{{pod}}": all(metrics.repliesInProgress) },
    },
    {
      title: "Replies ended, by outcome",
      unit: "ops",
      queries: {
        "{{outcome}}": `sum by (outcome) (rate(${all(metrics.modelReplies)}[${WINDOW}]))`,
        "taken over after {{after}}": `sum by (after) (rate(${all(metrics.repliesTakenOver)}[${WINDOW}]))`,
      },
    },
    {
      title: "Session store, 19 of 20",
      unit: "s",
      queries: {
        "{{operation}}": quantile(0.95, store, ", operation"),
      },
    },
    {
      title: "Sessions: conflicts and damage",
      unit: "ops",
      queries: {
        conflicts: rateOf(all(metrics.sessionConflicts), WINDOW),
        damage: rateOf(all(metrics.sessionDamage), WINDOW),
      },
    },
    {
      title: "Volumes, free",
      unit: "percentunit",
      queries: {
        "{{persistentvolumeclaim}}": `kubelet_volume_stats_available_bytes{${here}} / kubelet_volume_stats_capacity_bytes{${here}}`,
      },
    },
    {
      title: "Pods, and how many there may be",
      unit: "short",
      queries: {
        "{{horizontalpodautoscaler}}": `kube_horizontalpodautoscaler_status_current_replicas{${here}}`,
        "{{horizontalpodautoscaler}} at most": `kube_horizontalpodautoscaler_spec_max_replicas{${here}}`,
      },
    },
    {
      title: "Memory, by pod",
      unit: "bytes",
      queries: { "{{pod}}": `process_resident_memory_bytes{${here}}` },
    },
  ];
}

const COLUMNS = 3;
const WIDTH = 24 / COLUMNS;
const HEIGHT = 8;

/** A dashboard in Grafana's own JSON, for whichever Prometheus is chosen in it. */
export function dashboard(namespace: string): object {
  return {
    uid: `keepsake-${namespace}`.slice(0, 40),
    title: `Keepsake (${namespace})`,
    tags: ["keepsake"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: "30s",
    time: { from: "now-3h", to: "now" },
    templating: {
      list: [{ name: "datasource", type: "datasource", query: "prometheus" }],
    },
    panels: panels(namespace).map(drawn),
  };
}

function drawn({ title, unit, queries }: Panel, index: number): object {
  const datasource = { type: "prometheus", uid: "$datasource" };
  return {
    id: index + 1,
    type: "timeseries",
    title,
    datasource,
    gridPos: {
      x: (index % COLUMNS) * WIDTH,
      y: Math.floor(index / COLUMNS) * HEIGHT,
      w: WIDTH,
      h: HEIGHT,
    },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { showLegend: true }, tooltip: { mode: "multi" } },
    targets: Object.entries(queries).map(([legendFormat, expr], query) => ({
      refId: String.fromCharCode(65 + query),
      datasource,
      expr,
      legendFormat,
    })),
  };
}
