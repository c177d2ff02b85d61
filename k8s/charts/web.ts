import { Chart } from "cdk8s";
import type { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { metricDefinitions } from "../../app/core/runtime/metric-definitions";
import {
  allow,
  INTERNET,
  podsOf,
  scraped,
  tcp,
} from "../constructs/network-policy";
import { PORTS } from "../constructs/ports";
import { addServing, type ServingChartProps } from "../constructs/serving";
import type { Authenticate } from "../schema/ingress";

export interface WebProps extends ServingChartProps {
  sessionsClaim: string;
  /** The cluster's own domain, in which the backend's Service has its name. */
  clusterDomain: string;
  /** For how long the ingress keeps a connection to web that nobody uses, in seconds. */
  ingressIdleSeconds: number;
  /** Who may reach web: the ingress, and nobody else. */
  ingressPeers: k8s.NetworkPolicyPeer[];
  /** How people are signed in before they reach web; left out, visitors are anonymous. */
  authenticate?: Authenticate;
  /** For an ingress that reads its stickiness from the Service. */
  serviceAnnotations?: Record<string, string>;
}

const SESSION_DIRECTORY = "/data/sessions";

/** Of the two that keep a connection, the one who sends on it must give it up first. */
const MARGIN_SECONDS = 15;

/** What browsers talk to. */
export class WebChart extends Chart {
  constructor(scope: Construct, id: string, props: WebProps) {
    super(scope, id);
    addServing(this, {
      ...props,
      component: "web",
      port: PORTS.web.http,
      metricsPort: PORTS.web.metrics,
      settings: {
        ...props.settings,
        LOG_LEVEL: props.logLevel,
        SESSION_DIRECTORY,
        BACKEND_URL: backendUrl(props),
        KEEP_ALIVE_SECONDS: String(props.ingressIdleSeconds + MARGIN_SECONDS),
        ...signInSettings(props.authenticate),
      },
      secret: {
        name: props.secretName,
        keys: ["INTERNAL_TOKEN", "SESSION_KEYS"],
      },
      volume: { claim: props.sessionsClaim, mountPath: SESSION_DIRECTORY },
      streamsMetric: metricDefinitions.streamsOpen.name,
    });
    allow(this, props.namespace, "web", {
      ingress: [
        { from: props.ingressPeers, ports: [tcp(PORTS.web.http)] },
        scraped(props.monitoringNamespace, PORTS.web.metrics),
      ],
      egress: [
        { to: [podsOf("backend")], ports: [tcp(PORTS.backend.http)] },
        ...(props.authenticate ? [toPublishedKeys] : []),
      ],
    });
  }
}

function signInSettings(authenticate?: Authenticate): Record<string, string> {
  if (!authenticate) return {};
  const { loadBalancer, signOutUrl } = authenticate;
  return {
    SIGN_IN_LOAD_BALANCER: loadBalancer,
    ...(signOutUrl ? { SIGN_OUT_URL: signOutUrl } : {}),
  };
}

/** AWS publishes the load balancers' keys under names whose addresses change. */
const toPublishedKeys = {
  to: INTERNET,
  ports: [tcp(443)],
};

/** The trailing dot ends the name, so that no search domain is tried first: one query instead of several. */
const backendUrl = ({ namespace, clusterDomain }: WebProps) =>
  `http://backend.${namespace}.svc.${clusterDomain}.:${PORTS.backend.http}`;
