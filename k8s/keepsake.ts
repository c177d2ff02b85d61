import { App, type Chart } from "cdk8s";
import type { k8s } from "cdk8s-plus-27";
import { AwsChart } from "./charts/aws";
import { BackendChart } from "./charts/backend";
import { LoadBalancerChart } from "./charts/load-balancer";
import { NamespaceChart } from "./charts/namespace";
import { ObservabilityChart } from "./charts/observability";
import { PoliciesChart } from "./charts/policies";
import { StorageChart } from "./charts/storage";
import { SweepsChart } from "./charts/sweeps";
import {
  STICKY_COOKIE,
  TRAEFIK_IDLE_SECONDS,
  TraefikChart,
} from "./charts/traefik";
import { WebChart } from "./charts/web";
import { type DrainTimes, drainTimes } from "./constructs/drain";
import { block, podsOf } from "./constructs/network-policy";
import { CLAIMS } from "./constructs/mounts";
import { quotaOf } from "./constructs/quota";
import { CONTROLLERS } from "./controllers";
import type { Environment } from "./schema/environment";

/**
 * An environment's manifests as one YAML file, in an order that applies at once.
 *
 * @param annotations Added to every object.
 */
export function manifests(
  environment: Environment,
  annotations: Record<string, string> = {},
): string {
  const app = createApp(environment);
  for (const object of app.charts.flatMap((chart) => chart.apiObjects)) {
    for (const [name, value] of Object.entries(annotations)) {
      object.metadata.addAnnotation(name, value);
    }
  }
  return app.synthYaml();
}

/** Each chart depends on the one before: the namespace, its policies, then the workloads. */
function createApp(environment: Environment): App {
  const app = new App();
  const drain = drainTimes(environment.drainSeconds);
  const charts = [
    namespaceChart(app, environment),
    policiesChart(app, environment),
    ...awsCharts(app, environment),
    new StorageChart(app, "storage", environment),
    backendChart(app, environment, drain),
    webChart(app, environment, drain),
    ingressChart(app, environment, drain),
    sweepsChart(app, environment),
    new ObservabilityChart(app, "observability", {
      namespace: environment.namespace,
      ...environment.observability,
    }),
  ];
  inOrder(charts);
  return app;
}

function inOrder(charts: Chart[]): void {
  for (const [index, chart] of charts.entries()) {
    const before = charts[index - 1];
    if (before) chart.addDependency(before);
  }
}

function namespaceChart(app: App, environment: Environment) {
  const { createNamespace, ingress, namespace } = environment;
  const isTraefik = ingress.kind === "traefik";
  return new NamespaceChart(app, "namespace", {
    namespace,
    create: createNamespace,
    quota: quotaOf(environment),
    nodePorts: isTraefik ? 1 : 0,
    extraLabels: isTraefik ? {} : CONTROLLERS[ingress.kind].namespaceLabels,
  });
}

function policiesChart(app: App, environment: Environment) {
  return new PoliciesChart(app, "policies", {
    ...environment,
    dnsCidrs: environment.network.dnsCidrs,
    claims: CLAIMS,
  });
}

function awsCharts(app: App, { aws, namespace }: Environment): Chart[] {
  return aws ? [new AwsChart(app, "aws", { namespace, aws })] : [];
}

function backendChart(app: App, environment: Environment, drain: DrainTimes) {
  return new BackendChart(app, "backend", {
    ...environment,
    drain,
    workload: environment.backend,
    settings: environment.settings.backend,
    recordsClaim: CLAIMS.records,
    monitoringNamespace: environment.network.monitoringNamespace,
    scrapedByAnnotation: !environment.observability.prometheusOperator,
  });
}

function webChart(app: App, environment: Environment, drain: DrainTimes) {
  const { ingress } = environment;
  return new WebChart(app, "web", {
    ...environment,
    drain,
    workload: environment.web,
    settings: environment.settings.web,
    sessionsClaim: CLAIMS.sessions,
    host: ingress.host,
    ingressPeers: ingressPeers(environment),
    ingressIdleSeconds:
      ingress.kind === "traefik"
        ? TRAEFIK_IDLE_SECONDS
        : ingress.idleTimeoutSeconds,
    authenticate: "authenticate" in ingress ? ingress.authenticate : undefined,
    serviceAnnotations: ingress.kind === "traefik" ? STICKY_COOKIE : undefined,
    monitoringNamespace: environment.network.monitoringNamespace,
    scrapedByAnnotation: !environment.observability.prometheusOperator,
  });
}

function ingressPeers({ ingress }: Environment): k8s.NetworkPolicyPeer[] {
  return ingress.kind === "traefik"
    ? [podsOf("ingress")]
    : ingress.subnetCidrs.map((cidr) => block(cidr));
}

function ingressChart(
  app: App,
  { ingress, namespace, clusterDomain, pods }: Environment,
  drain: DrainTimes,
): Chart {
  if (ingress.kind === "traefik") {
    return new TraefikChart(app, "ingress", {
      namespace,
      clusterDomain,
      drain,
      traefik: ingress,
      pods,
    });
  }
  return new LoadBalancerChart(app, "ingress", {
    namespace,
    drain,
    loadBalancer: ingress,
    controller: CONTROLLERS[ingress.kind],
  });
}

function sweepsChart(app: App, environment: Environment) {
  const { settings, sweeps } = environment;
  return new SweepsChart(app, "sweeps", {
    ...environment,
    webSettings: settings.web,
    settings: settings.sweep,
    sessions: { claim: CLAIMS.sessions, schedule: sweeps.sessions },
    records: { claim: CLAIMS.records, schedule: sweeps.records },
  });
}
