import { App, type Chart } from "cdk8s";
import type { k8s } from "cdk8s-plus-27";
import { Construct } from "constructs";
import { AwsChart } from "./charts/aws";
import { BackendChart } from "./charts/backend";
import { GatewayChart } from "./charts/gateway";
import { LoadBalancerChart } from "./charts/load-balancer";
import { NamespaceChart } from "./charts/namespace";
import { ObservabilityChart } from "./charts/observability";
import { PoliciesChart } from "./charts/policies";
import { StorageChart } from "./charts/storage";
import { SweepsChart } from "./charts/sweeps";
import {
  stickyCookie,
  TRAEFIK_IDLE_SECONDS,
  TraefikChart,
} from "./charts/traefik";
import { WebChart } from "./charts/web";
import { type DrainTimes, drainTimes } from "./constructs/drain";
import { block, peerOf, podsOf } from "./constructs/network-policy";
import { CLAIMS } from "./constructs/mounts";
import { quotaOf } from "./constructs/quota";
import { CONTROLLERS } from "./controllers";
import type { Environment, EnvironmentInput } from "./schema/environment";
import type { Ingress, LoadBalancer } from "./schema/ingress";
import { parseEnvironment } from "./schema/read-environment";

/** An environment, which has the name of its construct unless it names itself. */
export type KeepsakeProps = Omit<EnvironmentInput, "name"> & { name?: string };

/**
 * Keepsake in any cdk8s app. Objects within its namespace have fixed names; those outside of
 * namespaces derive their names from it, so a cluster may have several instances.
 */
export class Keepsake extends Construct {
  readonly namespace: string;

  /**
   * @throws EnvironmentError naming all faults of the props.
   * @throws Error if another Keepsake of the app has the same namespace.
   */
  constructor(scope: Construct, id: string, props: KeepsakeProps) {
    super(scope, id);
    const environment = parseEnvironment({ name: id, ...props });
    this.namespace = environment.namespace;
    this.rejectSharedNamespace();
    addCharts(this, environment);
  }

  private rejectSharedNamespace(): void {
    for (const other of this.node.root.node.findAll()) {
      if (!(other instanceof Keepsake) || other === this) continue;
      if (other.namespace !== this.namespace) continue;
      throw new Error(
        `${this.node.path} and ${other.node.path} can't share the namespace ${this.namespace}: the names of their objects would be the same. Give each a namespace of its own.`,
      );
    }
  }
}

/**
 * An environment's manifests as one YAML file, in an order that applies at once.
 *
 * @param annotations Added to every object.
 */
export function manifests(
  environment: Environment,
  annotations: Record<string, string> = {},
): string {
  const app = new App();
  addCharts(app, environment);
  for (const object of app.charts.flatMap((chart) => chart.apiObjects)) {
    for (const [name, value] of Object.entries(annotations)) {
      object.metadata.addAnnotation(name, value);
    }
  }
  return app.synthYaml();
}

/** Each chart depends on the one before: the namespace, its policies, then the workloads. */
function addCharts(scope: Construct, environment: Environment): void {
  const drain = drainTimes(environment.drainSeconds);
  const charts = [
    namespaceChart(scope, environment),
    policiesChart(scope, environment),
    ...awsCharts(scope, environment),
    new StorageChart(scope, "storage", environment),
    backendChart(scope, environment, drain),
    webChart(scope, environment, drain),
    ingressChart(scope, environment, drain),
    sweepsChart(scope, environment),
    new ObservabilityChart(scope, "observability", {
      namespace: environment.namespace,
      ...environment.observability,
    }),
  ];
  inOrder(charts);
}

function inOrder(charts: Chart[]): void {
  for (const [index, chart] of charts.entries()) {
    const before = charts[index - 1];
    if (before) chart.addDependency(before);
  }
}

function namespaceChart(scope: Construct, environment: Environment) {
  const { createNamespace, ingress, namespace } = environment;
  return new NamespaceChart(scope, "namespace", {
    namespace,
    create: createNamespace,
    quota: quotaOf(environment),
    nodePorts: ingress.kind === "traefik" ? 1 : 0,
    extraLabels: isBalanced(ingress)
      ? CONTROLLERS[ingress.kind].namespaceLabels
      : {},
  });
}

function policiesChart(scope: Construct, environment: Environment) {
  return new PoliciesChart(scope, "policies", {
    ...environment,
    dnsCidrs: environment.network.dnsCidrs,
    claims: CLAIMS,
  });
}

function awsCharts(scope: Construct, { aws, namespace }: Environment): Chart[] {
  return aws ? [new AwsChart(scope, "aws", { namespace, aws })] : [];
}

function backendChart(
  scope: Construct,
  environment: Environment,
  drain: DrainTimes,
) {
  return new BackendChart(scope, "backend", {
    ...environment,
    drain,
    workload: environment.backend,
    settings: { ...environment.settings.backend, ...binTerm(environment) },
    recordsClaim: CLAIMS.records,
    monitoringNamespace: environment.network.monitoringNamespace,
    scrapedByAnnotation: !environment.observability.prometheusOperator,
  });
}

/** The backend tells visitors until when the sweep lets them restore a conversation. */
function binTerm({ settings }: Environment): Record<string, string> {
  const { DELETED_CONVERSATION_SECONDS } = settings.sweep;
  return {
    ...(DELETED_CONVERSATION_SECONDS && { DELETED_CONVERSATION_SECONDS }),
  };
}

function webChart(
  scope: Construct,
  environment: Environment,
  drain: DrainTimes,
) {
  const { ingress } = environment;
  return new WebChart(scope, "web", {
    ...environment,
    drain,
    workload: environment.web,
    settings: environment.settings.web,
    sessionsClaim: CLAIMS.sessions,
    host: ingress.host,
    basePath: ingress.path,
    trustedProxies: trustedProxies(environment),
    ingressPeers: ingressPeers(environment),
    ingressIdleSeconds:
      ingress.kind === "traefik"
        ? TRAEFIK_IDLE_SECONDS
        : ingress.idleTimeoutSeconds,
    originSecret: "originSecret" in ingress && ingress.originSecret,
    authenticate: "authenticate" in ingress ? ingress.authenticate : undefined,
    serviceAnnotations:
      ingress.kind === "traefik" ? stickyCookie(ingress.path) : undefined,
    monitoringNamespace: environment.network.monitoringNamespace,
    scrapedByAnnotation: !environment.observability.prometheusOperator,
  });
}

const isBalanced = (ingress: Ingress): ingress is LoadBalancer =>
  ingress.kind === "alb" || ingress.kind === "eks-auto";

/** The ingress, and CloudFront if it is the only way to it. */
const trustedProxies = ({ ingress }: Environment): number =>
  "cloudFrontPrefixList" in ingress && ingress.cloudFrontPrefixList ? 2 : 1;

function ingressPeers({ ingress }: Environment): k8s.NetworkPolicyPeer[] {
  if (ingress.kind === "traefik") return [podsOf("ingress")];
  if (ingress.kind === "gateway") return ingress.clients.map(peerOf);
  return ingress.subnetCidrs.map((cidr) => block(cidr));
}

function ingressChart(
  scope: Construct,
  { ingress, namespace, clusterDomain, pods, tls }: Environment,
  drain: DrainTimes,
): Chart {
  if (ingress.kind === "traefik") {
    return new TraefikChart(scope, "ingress", {
      namespace,
      clusterDomain,
      drain,
      traefik: ingress,
      pods,
    });
  }
  if (ingress.kind === "gateway") {
    return new GatewayChart(scope, "ingress", { namespace, gateway: ingress });
  }
  return new LoadBalancerChart(scope, "ingress", {
    namespace,
    drain,
    loadBalancer: ingress,
    isTlsToWeb: tls.web !== undefined,
    controller: CONTROLLERS[ingress.kind],
  });
}

function sweepsChart(scope: Construct, environment: Environment) {
  const { settings, sweeps } = environment;
  return new SweepsChart(scope, "sweeps", {
    ...environment,
    webSettings: settings.web,
    settings: settings.sweep,
    sessions: { claim: CLAIMS.sessions, schedule: sweeps.sessions },
    records: { claim: CLAIMS.records, schedule: sweeps.records },
  });
}
