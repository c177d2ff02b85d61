import type { EnvironmentInput } from "../../../k8s/schema/environment";
import eks from "../../../k8s/environments/eks";
import eksAuto from "../../../k8s/environments/eks-auto";
import { manifests } from "../../../k8s/keepsake";
import { parseEnvironment } from "../../../k8s/schema/read-environment";
import { BY_OIDC, textOf } from "./manifests";

type Alb = Extract<EnvironmentInput["ingress"], { kind: "alb" }>;

const alb = (changes: Partial<Alb>): Alb => ({
  ...(eks.ingress as Alb),
  ...changes,
});

/** An environment of the name and namespace, which differs from `eks`. */
const need = (
  name: string,
  changes: Partial<EnvironmentInput>,
): EnvironmentInput => ({ ...eks, name, namespace: name, ...changes });

const authority = {
  volumes: [
    {
      name: "authority",
      configMap: {
        name: "authority",
        items: [{ key: "ca.crt", path: "ca.crt" }],
      },
    },
  ],
  volumeMounts: [
    { name: "authority", mountPath: "/etc/authority", readOnly: true },
  ],
};

const twoZones = need("two-zones", {
  web: { ...eks.web, replicas: { min: 2, max: 8 }, maxUnavailable: 1 },
  backend: { ...eks.backend, replicas: { min: 2, max: 8 }, maxUnavailable: 1 },
  ingress: alb({
    subnets: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    subnetCidrs: ["10.0.0.0/20", "10.0.16.0/20"],
  }),
});

const ipv6 = need("ipv6", {
  models: { ...eks.models, egress: [{ cidr: "::/0" }] },
  ingress: alb({
    subnets: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    subnetCidrs: ["2600:1f14:1:a00::/64", "2600:1f14:1:a01::/64"],
    ipAddressType: "dualstack-without-public-ipv4",
  }),
  network: { dnsCidrs: ["fd00:ec2::253/128"] },
});

const privateSubnets = need("private-subnets", {
  models: { ...eks.models, egress: [{ cidr: "10.0.48.0/24" }] },
  ingress: alb({
    scheme: "internal",
    inboundCidrs: ["10.0.0.0/8"],
    subnets: undefined,
    subnetTags: { "kubernetes.io/role/internal-elb": ["1", ""] },
  }),
  network: { monitoringNamespace: "observability" },
});

const ownSecurityGroups = need("own-security-groups", {
  ingress: alb({
    securityGroups: ["sg-0123456789abcdef0", "sg-0123456789abcdef1"],
    webAclArn:
      "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/chat/0123",
  }),
});

const tlsInside = need("tls-inside", {
  tls: {
    web: { secretName: "web-tls" },
    backend: { secretName: "backend-tls" },
  },
});

const sharedAlb = need("shared-alb", {
  ingress: alb({
    group: { name: "public", order: 20 },
    accessLogs: { bucket: "logs-of-load-balancers", prefix: "access" },
    connectionLogs: { bucket: "logs-of-load-balancers", prefix: "connections" },
    shieldAdvanced: true,
    minimumCapacityUnits: 500,
    loadBalancerAttributes: {
      "routing.http.xff_client_port.enabled": "true",
    },
    annotations: { "external-dns.alpha.kubernetes.io/ttl": "60" },
  }),
});

const vllmInCluster = need("vllm-in-cluster", {
  models: {
    providers: ["openai"],
    models: ["qwen3"],
    openai: {
      baseUrl: "https://vllm.models.svc.cluster.local:8000/v1",
      apiKey: false,
    },
    egress: [{ namespace: "models", podLabels: { app: "vllm" }, port: 8000 }],
  },
  backend: { ...eks.backend, ...authority },
  settings: { backend: { OPENAI_CA_FILE: "/etc/authority/ca.crt" } },
});

const oidc = need("oidc", {
  ingress: alb({
    authenticate: {
      ...BY_OIDC,
      scopes: ["openid", "profile", "offline_access"],
      loadBalancer:
        "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/k8s-keepsake-*",
    },
  }),
});

const withoutPrometheus = need("without-prometheus", {
  observability: {},
  logLevel: "warn",
});

const prometheusOperator = need("prometheus-operator", {
  observability: {
    prometheusOperator: true,
    labels: { release: "kube-prometheus-stack" },
  },
});

const existingNamespace = need("existing-namespace", {
  createNamespace: false,
  secretName: "chat-secrets",
});

const govCloud = need("gov-cloud", {
  image: `111122223333.dkr.ecr.us-gov-west-1.amazonaws.com/keepsake@sha256:${"0".repeat(64)}`,
  models: {
    providers: ["bedrock"],
    region: "us-gov-west-1",
    models: ["anthropic.claude-3-haiku-20240307-v1:0"],
    egress: [{ cidr: "10.0.48.0/24" }],
  },
  ingress: alb({
    certificateArn:
      "arn:aws-us-gov:acm:us-gov-west-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef",
    sslPolicy: "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04",
  }),
});

const ownAuthority = need("own-authority", {
  models: {
    providers: ["openai"],
    openai: { baseUrl: "https://models.internal.example.com/v1" },
    egress: [{ cidr: "10.9.0.0/24" }],
  },
  web: { ...eks.web, ...authority },
  backend: { ...eks.backend, ...authority },
  settings: { backend: { OPENAI_CA_FILE: "/etc/authority/ca.crt" } },
});

const taintedNodes = need("tainted-nodes", {
  pods: {
    labels: { "example.com/team": "chat", "sidecar.istio.io/inject": "false" },
    annotations: { "karpenter.sh/do-not-disrupt": "false" },
    nodeSelector: { "kubernetes.io/arch": "arm64" },
    tolerations: [
      {
        key: "dedicated",
        operator: "Equal",
        value: "chat",
        effect: "NoSchedule",
      },
      {
        key: "node.kubernetes.io/unreachable",
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 120,
      },
    ],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: "pool", operator: "In", values: ["chat", "spare"] },
              ],
            },
          ],
        },
      },
    },
    imagePullSecrets: [{ name: "registry" }],
  },
});

const gateway = need("gateway", {
  ingress: {
    kind: "gateway",
    host: "chat.example.com",
    parentRefs: [
      { name: "public", namespace: "gateways", sectionName: "https" },
    ],
    clients: [
      {
        namespace: "gateways",
        podLabels: { "app.kubernetes.io/name": "envoy" },
      },
    ],
    sessionPersistence: true,
    idleTimeoutSeconds: 120,
  },
});

const autoModeShared: EnvironmentInput = {
  ...eksAuto,
  name: "auto-mode-shared",
  namespace: "auto-mode-shared",
  ingress: {
    kind: "eks-auto",
    host: "chat.example.com",
    subnetCidrs: ["10.0.0.0/20", "10.0.16.0/20"],
    group: { name: "public" },
    minimumCapacityUnits: 100,
  },
};

/** Environments of other people's needs. Each has a namespace of its own, so one cluster can have them all. */
export const NEEDS = [
  twoZones,
  ipv6,
  privateSubnets,
  ownSecurityGroups,
  tlsInside,
  sharedAlb,
  vllmInCluster,
  oidc,
  withoutPrometheus,
  prometheusOperator,
  existingNamespace,
  govCloud,
  ownAuthority,
  taintedNodes,
  gateway,
  autoModeShared,
];

/** The manifests of one of `NEEDS`, or of another environment. */
export function textOfAny(name: string): Promise<string> {
  const found = NEEDS.find((one) => one.name === name);
  return found
    ? Promise.resolve(manifests(parseEnvironment(found)))
    : textOf(name);
}
