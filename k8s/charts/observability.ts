import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { type Alert, alerts } from "../constructs/alerts";
import { dashboard } from "../constructs/dashboard";
import { emit } from "../constructs/emit";
import { type Component, labels, selector } from "../constructs/labels";
import {
  PrometheusRule,
  PrometheusRuleSpecGroupsRulesExpr,
} from "../imports/prometheus-rule-monitoring.coreos.com";
import { ServiceMonitor } from "../imports/service-monitor-monitoring.coreos.com";

export interface ObservabilityProps {
  namespace: string;
  /** ServiceMonitors and rules: their kinds come with the Prometheus operator. */
  prometheusOperator: boolean;
  /** Further labels of ServiceMonitors and rules. */
  labels: Record<string, string>;
  dashboard: boolean;
  /** The URL of the directory with runbooks.md, for links in alerts. */
  runbooks?: string;
}

/** Monitors, alerts and the dashboard. */
export class ObservabilityChart extends Chart {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: ObservabilityProps,
  ) {
    super(scope, id);
    if (props.prometheusOperator) {
      this.addMonitor("web");
      this.addMonitor("backend");
      this.addRules();
    }
    if (props.dashboard) this.addDashboard();
  }

  private addMonitor(component: Component): void {
    emit(this, `${component}-monitor`, ServiceMonitor, {
      metadata: this.selectable(component),
      spec: {
        selector: { matchLabels: selector(component) },
        endpoints: [{ port: "metrics", path: "/metrics", interval: "30s" }],
      },
    });
  }

  private addRules(): void {
    const { namespace, runbooks = "docs" } = this.props;
    emit(this, "rules", PrometheusRule, {
      metadata: this.selectable("keepsake"),
      spec: {
        groups: [
          {
            name: "keepsake",
            rules: alerts(namespace).map((alert) => asRule(alert, runbooks)),
          },
        ],
      },
    });
  }

  /** Grafana's sidecar finds the dashboard by its label. */
  private addDashboard(): void {
    const { namespace } = this.props;
    const metadata = this.metadata("keepsake-dashboard");
    emit(this, "dashboard", k8s.KubeConfigMap, {
      metadata: {
        ...metadata,
        labels: { ...metadata.labels, grafana_dashboard: "1" },
      },
      data: {
        "keepsake.json": JSON.stringify(dashboard(namespace), undefined, 2),
      },
    });
  }

  /** Metadata with the labels by which Prometheus selects an object. */
  private selectable(name: string) {
    const metadata = this.metadata(name);
    return {
      ...metadata,
      labels: { ...this.props.labels, ...metadata.labels },
    };
  }

  private metadata(name: string) {
    const { namespace } = this.props;
    return { name, namespace, labels: labels(namespace, "observability") };
  }
}

const asRule = (alert: Alert, runbooks: string) => ({
  alert: alert.name,
  expr: PrometheusRuleSpecGroupsRulesExpr.fromString(alert.expression),
  for: alert.for,
  labels: { severity: alert.severity },
  annotations: {
    summary: alert.summary,
    description: alert.description,
    runbook_url: `${runbooks.replace(/\/$/, "")}/runbooks.md#${alert.name.toLowerCase()}`,
  },
});
