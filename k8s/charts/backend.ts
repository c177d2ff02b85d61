import { Chart } from "cdk8s";
import type { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { metricDefinitions } from "../../app/core/runtime/metric-definitions";
import {
  allow,
  block,
  peerOf,
  podsOf,
  scraped,
  tcp,
} from "../constructs/network-policy";
import { MOUNTS } from "../constructs/mounts";
import { PORTS } from "../constructs/ports";
import { addServing, type ServingChartProps } from "../constructs/serving";
import { schemeOfBackend } from "../constructs/tls";
import type { Environment } from "../schema/environment";

type Models = Environment["models"];

export interface BackendProps extends ServingChartProps {
  recordsClaim: string;
  models: Models;
}

/** The addresses of the EKS Pod Identity agent, which issues the role's credentials on every node. */
const POD_IDENTITY_AGENT = ["169.254.170.23/32", "fd00:ec2::23/128"];

export class BackendChart extends Chart {
  constructor(scope: Construct, id: string, props: BackendProps) {
    super(scope, id);
    addServing(this, {
      ...props,
      component: "backend",
      port: PORTS.backend.http,
      metricsPort: PORTS.backend.metrics,
      settings: {
        ...props.settings,
        LOG_LEVEL: props.logLevel,
        DATA_DIRECTORY: MOUNTS.records,
        ...modelSettings(props.models),
      },
      env: [...addressOfPod(props), ...apiKey(props)],
      secret: { name: props.secretName, keys: ["INTERNAL_TOKEN"] },
      volume: { claim: props.recordsClaim, mountPath: MOUNTS.records },
      streamsMetric: metricDefinitions.repliesInProgress.name,
    });
    allow(this, props.namespace, "backend", {
      ingress: [
        {
          // Other backends too: a watcher reads from the pod that writes the reply.
          from: [podsOf("web"), podsOf("backend")],
          ports: [tcp(PORTS.backend.http)],
        },
        scraped(props.monitoringNamespace, PORTS.backend.metrics),
      ],
      egress: [
        { to: [podsOf("backend")], ports: [tcp(PORTS.backend.http)] },
        ...modelEgress(props.models),
      ],
    });
  }
}

function modelSettings(models: Models): Record<string, string> {
  return {
    MODEL_PROVIDER: models.providers.join(","),
    ...(models.models ? { MODELS: models.models.join(",") } : {}),
    ...(models.region ? { AWS_REGION: models.region } : {}),
    ...(models.openai ? { OPENAI_BASE_URL: models.openai.baseUrl } : {}),
  };
}

/** The pod's address, by which its replies name their writer to other backends. */
const addressOfPod = ({ tls }: BackendProps): k8s.EnvVar[] => [
  {
    name: "POD_IP",
    valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "status.podIP" } },
  },
  {
    name: "ADVERTISED_URL",
    value: `${schemeOfBackend(tls)}://$(POD_IP):${PORTS.backend.http}`,
  },
];

function apiKey({ models, secretName }: BackendProps): k8s.EnvVar[] {
  if (!models.openai?.apiKey) return [];
  return [
    {
      name: "OPENAI_API_KEY",
      valueFrom: { secretKeyRef: { name: secretName, key: "OPENAI_API_KEY" } },
    },
  ];
}

function modelEgress(models: Models): k8s.NetworkPolicyEgressRule[] {
  const places = models.egress.map(({ port, ...place }) => ({
    to: [peerOf(place)],
    ports: [tcp(port)],
  }));
  if (!models.providers.includes("bedrock")) return places;
  return [...places, { to: POD_IDENTITY_AGENT.map(block), ports: [tcp(80)] }];
}
