import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import type { DrainTimes } from "../constructs/drain";
import { emit } from "../constructs/emit";
import { labels, selector } from "../constructs/labels";
import { allow, block, podsOf, tcp } from "../constructs/network-policy";
import {
  containerResources,
  containerSecurity,
  placement,
  podMetadata,
  podSecurity,
  scratch,
} from "../constructs/pod";
import { PORTS } from "../constructs/ports";
import { addSettings } from "../constructs/settings";
import { addTraefikRoles } from "../constructs/traefik-roles";
import { PING_ENTRY_POINT, traefikRoutes } from "../constructs/traefik-routes";
import type { Traefik } from "../schema/ingress";
import type { Pods } from "../schema/pods";
import { addIngress } from "../constructs/ingress";

export interface TraefikProps {
  namespace: string;
  clusterDomain: string;
  traefik: Traefik;
  pods: Pods;
  drain: DrainTimes;
}

const HTTP = 8000;
const PING = 8082;
const ROUTES_DIRECTORY = "/etc/keepsake";
const ROUTES_FILE = "routes.yaml";

/** A killed pod never answers a dial; a live one in the same cluster answers within milliseconds. */
const DIAL_SECONDS = 1;

/** Traefik's default time-out of idle connections to a pod. */
export const TRAEFIK_IDLE_SECONDS = 90;

const STICKY = "traefik.ingress.kubernetes.io/service.sticky.cookie";

/** Annotations of web's Service: the sticky cookie, as the load balancer sets it on AWS. */
export const stickyCookie = (path: string): Record<string, string> => ({
  [STICKY]: "true",
  [`${STICKY}.name`]: "keepsake-pod",
  [`${STICKY}.httponly`]: "true",
  [`${STICKY}.samesite`]: "lax",
  ...(path ? { [`${STICKY}.path`]: `${path}/` } : {}),
});

/** Traefik in front of web, in the same namespace: the kind cluster's substitute for a cloud load balancer. */
export class TraefikChart extends Chart {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: TraefikProps,
  ) {
    super(scope, id);
    this.addAccount();
    addTraefikRoles(this, props.namespace);
    emit(this, "class", k8s.KubeIngressClass, {
      metadata: this.clusterMetadata(),
      spec: { controller: "traefik.io/ingress-controller" },
    });
    emit(this, "service", k8s.KubeService, this.service());
    const routes = addSettings(this, props.namespace, "ingress", {
      [ROUTES_FILE]: traefikRoutes({ ...props, ...props.traefik }),
    });
    emit(this, "deployment", k8s.KubeDeployment, this.deployment(routes));
    addIngress(this, {
      namespace: props.namespace,
      className: props.namespace,
      host: props.traefik.host,
      path: props.traefik.path,
    });
    this.allowTraffic();
  }

  private addAccount(): void {
    emit(this, "account", k8s.KubeServiceAccount, {
      metadata: this.metadata(),
      automountServiceAccountToken: false,
    });
  }

  private service(): k8s.KubeServiceProps {
    return {
      metadata: this.metadata(),
      spec: {
        type: "NodePort",
        selector: selector("ingress"),
        ports: [
          {
            name: "http",
            port: 80,
            targetPort: k8s.IntOrString.fromString("http"),
            nodePort: this.props.traefik.nodePort,
            protocol: "TCP",
            appProtocol: "http",
          },
        ],
      },
    };
  }

  private deployment(routes: string): k8s.KubeDeploymentProps {
    const { namespace, drain, pods } = this.props;
    return {
      metadata: this.metadata(),
      spec: {
        replicas: 1,
        selector: { matchLabels: selector("ingress") },
        strategy: {
          type: "RollingUpdate",
          rollingUpdate: {
            maxSurge: k8s.IntOrString.fromNumber(1),
            maxUnavailable: k8s.IntOrString.fromNumber(0),
          },
        },
        template: {
          metadata: podMetadata(pods, namespace, "ingress"),
          spec: {
            serviceAccountName: "traefik",
            // Traefik reads Ingresses from the API server.
            automountServiceAccountToken: true,
            enableServiceLinks: false,
            priorityClassName: `${namespace}-serving`,
            terminationGracePeriodSeconds: drain.terminationGracePeriodSeconds,
            securityContext: podSecurity,
            ...placement(pods),
            containers: [this.container()],
            volumes: [
              scratch.volume,
              { name: "routes", configMap: { name: routes } },
            ],
          },
        },
      },
    };
  }

  private container(): k8s.Container {
    return {
      name: "traefik",
      image: this.props.traefik.image,
      imagePullPolicy: "IfNotPresent",
      args: this.args(),
      ports: [
        { name: "http", containerPort: HTTP, protocol: "TCP" },
        { name: "ping", containerPort: PING, protocol: "TCP" },
      ],
      resources: containerResources({
        cpu: "50m",
        memory: "64Mi",
        memoryLimit: "256Mi",
      }),
      securityContext: containerSecurity,
      // Liveness needs only an accepted connection, so load does not restart Traefik.
      readinessProbe: {
        httpGet: { path: "/ping", port: k8s.IntOrString.fromString("ping") },
        periodSeconds: 3,
        timeoutSeconds: 2,
      },
      livenessProbe: {
        tcpSocket: { port: k8s.IntOrString.fromString("http") },
        periodSeconds: 10,
        failureThreshold: 3,
      },
      volumeMounts: [
        scratch.mount,
        { name: "routes", mountPath: ROUTES_DIRECTORY, readOnly: true },
      ],
    };
  }

  private args(): string[] {
    const { namespace, drain } = this.props;
    const ends = "--entrypoints.http.transport.lifecycle";
    return [
      "--providers.kubernetesingress=true",
      `--providers.kubernetesingress.namespaces=${namespace}`,
      // Without ready web pods the route stays, and answers 503 instead of 404.
      "--providers.kubernetesingress.allowemptyservices=true",
      `--providers.file.filename=${ROUTES_DIRECTORY}/${ROUTES_FILE}`,
      `--serverstransport.forwardingtimeouts.dialtimeout=${DIAL_SECONDS}s`,
      `--entrypoints.http.address=:${HTTP}`,
      `--entrypoints.${PING_ENTRY_POINT}.address=:${PING}`,
      // Its route is in the file, so Traefik is not ready before web's route is loaded.
      "--ping.manualrouting=true",
      `${ends}.requestacceptgracetimeout=${drain.preStopSeconds}s`,
      `${ends}.gracetimeout=${drain.drainSeconds}s`,
      "--global.checknewversion=false",
      "--global.sendanonymoususage=false",
    ];
  }

  private allowTraffic(): void {
    const { namespace, traefik } = this.props;
    allow(this, namespace, "ingress", {
      ingress: [{ ports: [tcp(HTTP)] }],
      egress: [
        { to: [podsOf("web")], ports: [tcp(PORTS.web.http)] },
        {
          to: traefik.apiServerCidrs.map((cidr) => block(cidr)),
          ports: [tcp(443), tcp(6443)],
        },
      ],
    });
  }

  private metadata() {
    const { namespace } = this.props;
    return { name: "traefik", namespace, labels: labels(namespace, "ingress") };
  }

  private clusterMetadata() {
    const { namespace } = this.props;
    return { name: namespace, labels: labels(namespace, "ingress") };
  }
}
