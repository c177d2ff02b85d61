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
import { MOUNTS } from "../constructs/mounts";
import { PORTS } from "../constructs/ports";
import { addServing, type ServingChartProps } from "../constructs/serving";
import { schemeOfBackend } from "../constructs/tls";
import type { Authenticate } from "../schema/ingress";

export interface WebProps extends ServingChartProps {
  sessionsClaim: string;
  /** The cluster's DNS domain. */
  clusterDomain: string;
  /** The ingress's idle time-out for connections to web. */
  ingressIdleSeconds: number;
  /** The only clients that may reach web. */
  ingressPeers: k8s.NetworkPolicyPeer[];
  /** The public host name. Without it, web serves only visitors on their own machine. */
  host?: string;
  /** The path below which web is served; empty for all of the host. */
  basePath: string;
  /** Proxies between visitors and web, unless the settings say otherwise. */
  trustedProxies: number;
  /** Sign-in at the load balancer; without it, visitors are anonymous. */
  authenticate?: Authenticate;
  /** See the field `ingress.originSecret` of an environment. */
  originSecret: boolean;
  serviceAnnotations?: Record<string, string>;
}

/** The ingress must close an idle connection before web does, or it may send on a closed one. */
const MARGIN_SECONDS = 15;

export class WebChart extends Chart {
  constructor(scope: Construct, id: string, props: WebProps) {
    super(scope, id);
    addServing(this, {
      ...props,
      component: "web",
      port: PORTS.web.http,
      metricsPort: PORTS.web.metrics,
      settings: {
        TRUSTED_PROXIES: String(props.trustedProxies),
        ...props.settings,
        LOG_LEVEL: props.logLevel,
        SESSION_DIRECTORY: MOUNTS.sessions,
        BACKEND_URL: backendUrl(props),
        KEEP_ALIVE_SECONDS: String(props.ingressIdleSeconds + MARGIN_SECONDS),
        ...(props.basePath ? { BASE_PATH: props.basePath } : {}),
        ...(props.host ? { ALLOWED_HOSTS: props.host } : {}),
        ...signInSettings(props.authenticate),
      },
      secret: {
        name: props.secretName,
        keys: [
          "INTERNAL_TOKEN",
          "SESSION_KEYS",
          ...(props.originSecret ? ["ORIGIN_SECRET"] : []),
        ],
      },
      volume: { claim: props.sessionsClaim, mountPath: MOUNTS.sessions },
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
    SIGN_IN_CLIENT_ID:
      authenticate.kind === "oidc"
        ? authenticate.clientId
        : authenticate.userPoolClientId,
    SIGN_IN_ISSUER: issuerOf(authenticate),
    ...(signOutUrl ? { SIGN_OUT_URL: signOutUrl } : {}),
  };
}

/** The issuer, as the load balancer's tokens name it. */
function issuerOf(authenticate: Authenticate): string {
  if (authenticate.kind === "oidc") return authenticate.issuer;
  const [, partition, , region, , pool = ""] =
    authenticate.userPoolArn.split(":");
  const domain = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://cognito-idp.${region}.${domain}/${pool.replace("userpool/", "")}`;
}

/** AWS publishes the load balancers' public keys at changing addresses. */
const toPublishedKeys = {
  to: INTERNET,
  ports: [tcp(443)],
};

/** The trailing dot skips search domains: one DNS query instead of several. */
const backendUrl = ({ namespace, clusterDomain, tls }: WebProps) =>
  `${schemeOfBackend(tls)}://backend.${namespace}.svc.${clusterDomain}.:${PORTS.backend.http}`;
