import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import type { Environment, Workload } from "../schema/environment";
import type { Pods } from "../schema/pods";
import type { DrainTimes } from "./drain";
import { emit } from "./emit";
import {
  type Container,
  Deployment,
  type DeploymentProps,
  type PodSpec,
  Service,
  type ServiceProps,
} from "./k8s-1.28-plus";
import { labels, selector } from "./labels";
import { MOUNTS } from "./mounts";
import {
  containerResources,
  containerSecurity,
  podSecurity,
  scratch,
  lostNodeTolerations,
  placement,
  podMetadata,
  spread,
} from "./pod";
import { addScaling, isAutoscaled } from "./scaling";
import { addSettings } from "./settings";
import {
  backendUrlSettings,
  certificateSettings,
  tlsMounts,
  tlsVolumes,
} from "./tls";

export interface ServingProps {
  namespace: string;
  component: "web" | "backend";
  image: string;
  port: number;
  metricsPort: number;
  workload: Workload;
  pods: Pods;
  drain: DrainTimes;
  /** Environment variables of this component. */
  settings: Record<string, string>;
  /** Environment variables from the pod itself or from a Secret. */
  env?: k8s.EnvVar[];
  /** The Secret, and the keys of it that are mounted as files. */
  secret: { name: string; keys: string[] };
  volume: { claim: string; mountPath: string };
  tls: Environment["tls"];
  streamsMetric: string;
  /** True if Prometheus discovers pods by annotations. */
  scrapedByAnnotation: boolean;
  serviceAnnotations?: Record<string, string>;
}

/** The props that web's and backend's charts share. */
export interface ServingChartProps extends Pick<
  ServingProps,
  | "namespace"
  | "image"
  | "workload"
  | "pods"
  | "drain"
  | "scrapedByAnnotation"
  | "tls"
> {
  logLevel: string;
  settings: Record<string, string>;
  secretName: string;
  /** The only namespace that may read metrics. */
  monitoringNamespace: string;
}

/** Adds a Deployment that serves HTTP with its settings, account, Service, disruption budget and autoscaler. */
export function addServing(scope: Construct, props: ServingProps): void {
  const settings = addSettings(
    scope,
    props.namespace,
    props.component,
    allSettings(props),
  );
  emit(scope, "account", k8s.KubeServiceAccount, {
    metadata: metadata(props),
    automountServiceAccountToken: false,
  });
  emit(scope, "service", Service, service(props));
  emit(scope, "deployment", Deployment, deployment(props, settings));
  addScaling(scope, props);
}

const metadata = ({ namespace, component }: ServingProps) => ({
  name: component,
  namespace,
  labels: labels(namespace, component),
});

function allSettings(props: ServingProps): Record<string, string> {
  return {
    LISTEN_ADDRESS: "::",
    PORT: String(props.port),
    METRICS_PORT: String(props.metricsPort),
    SECRETS_DIRECTORY: MOUNTS.secrets,
    // Each call to a network file system occupies a thread for a round trip.
    UV_THREADPOOL_SIZE: "16",
    DRAIN_SECONDS: String(props.drain.drainSeconds),
    ...certificateSettings(props),
    ...backendUrlSettings(props),
    ...props.settings,
  };
}

const isTls = ({ tls, component }: ServingProps) =>
  tls[component] !== undefined;

function service(props: ServingProps): ServiceProps {
  return {
    metadata: { ...metadata(props), annotations: props.serviceAnnotations },
    spec: {
      type: "ClusterIP",
      selector: selector(props.component),
      // Traffic across zones costs time and money.
      trafficDistribution: "PreferSameZone",
      ports: [
        {
          name: "http",
          port: props.port,
          targetPort: k8s.IntOrString.fromString("http"),
          protocol: "TCP",
          appProtocol: isTls(props) ? "https" : "http",
        },
        {
          name: "metrics",
          port: props.metricsPort,
          targetPort: k8s.IntOrString.fromString("metrics"),
          protocol: "TCP",
          appProtocol: "http",
        },
      ],
    },
  };
}

function deployment(props: ServingProps, settings: string): DeploymentProps {
  return {
    metadata: metadata(props),
    spec: {
      ...(isAutoscaled(props.workload)
        ? {}
        : { replicas: props.workload.replicas.min }),
      selector: { matchLabels: selector(props.component) },
      // Keeps the full capacity during a rollout.
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: {
          maxSurge: k8s.IntOrString.fromNumber(1),
          maxUnavailable: k8s.IntOrString.fromNumber(0),
        },
      },
      minReadySeconds: 5,
      revisionHistoryLimit: 5,
      progressDeadlineSeconds: 600,
      template: {
        metadata: podMetadata(
          props.pods,
          props.namespace,
          props.component,
          annotations(props),
        ),
        spec: podSpec(props, settings),
      },
    },
  };
}

function annotations(props: ServingProps): Record<string, string> {
  return {
    "kubectl.kubernetes.io/default-container": props.component,
    ...(props.scrapedByAnnotation
      ? {
          "prometheus.io/scrape": "true",
          "prometheus.io/port": String(props.metricsPort),
          "prometheus.io/path": "/metrics",
        }
      : {}),
  };
}

function podSpec(props: ServingProps, settings: string): PodSpec {
  return {
    serviceAccountName: props.component,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: `${props.namespace}-serving`,
    terminationGracePeriodSeconds: props.drain.terminationGracePeriodSeconds,
    securityContext: podSecurity,
    topologySpreadConstraints: spread(props.component),
    ...placement(props.pods, lostNodeTolerations),
    containers: [container(props, settings)],
    volumes: [
      scratch.volume,
      {
        name: "data",
        persistentVolumeClaim: { claimName: props.volume.claim },
      },
      {
        name: "secrets",
        secret: {
          secretName: props.secret.name,
          defaultMode: 0o444,
          items: props.secret.keys.map((key) => ({ key, path: key })),
        },
      },
      ...tlsVolumes(props),
      ...props.workload.volumes,
    ],
  };
}

function container(props: ServingProps, settings: string): Container {
  return {
    name: props.component,
    image: props.image,
    imagePullPolicy: "IfNotPresent",
    workingDir: "/app",
    command: [props.component],
    ports: [
      { name: "http", containerPort: props.port, protocol: "TCP" },
      { name: "metrics", containerPort: props.metricsPort, protocol: "TCP" },
    ],
    envFrom: [{ configMapRef: { name: settings } }],
    env: props.env,
    resources: containerResources(props.workload.resources),
    securityContext: containerSecurity,
    ...probes(isTls(props)),
    lifecycle: {
      preStop: { sleep: { seconds: props.drain.preStopSeconds } },
    },
    volumeMounts: [
      scratch.mount,
      { name: "data", mountPath: props.volume.mountPath },
      { name: "secrets", mountPath: MOUNTS.secrets, readOnly: true },
      ...tlsMounts(props),
      ...props.workload.volumeMounts,
    ],
  };
}

/** The kubelet does not check certificates. */
function probes(
  hasTls: boolean,
): Pick<k8s.Container, "startupProbe" | "livenessProbe" | "readinessProbe"> {
  const get = (path: string) => ({
    path,
    port: k8s.IntOrString.fromString("http"),
    ...(hasTls && { scheme: "HTTPS" }),
  });
  return {
    startupProbe: {
      httpGet: get("/livez"),
      periodSeconds: 1,
      timeoutSeconds: 2,
      failureThreshold: 60,
    },
    livenessProbe: {
      httpGet: get("/livez"),
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    readinessProbe: {
      httpGet: get("/readyz"),
      periodSeconds: 3,
      timeoutSeconds: 3,
      failureThreshold: 2,
    },
  };
}
