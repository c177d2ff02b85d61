import { z } from "zod";
import {
  providerNames,
  providerRule,
} from "../../app/core/config/model-settings";
import { hasMetadata } from "./address-block";
import { aws } from "./aws";
import {
  cidr,
  cpu,
  dnsLabel,
  dnsName,
  hostName,
  image,
  podsOrPercent,
  port,
  quantity,
  region,
  schedule,
  whole,
} from "./fields";
import { ingress } from "./ingress";
import { labelMap } from "./kubernetes";
import { place } from "./place";
import { extraVolumes, pods } from "./pods";
import { settings } from "./settings";
import { storage } from "./storage";

const resources = z.strictObject({
  cpu: cpu.describe(
    "requested; there is no limit, because throttling would stall streams",
  ),
  memory: quantity.describe("requested"),
  memoryLimit: quantity.describe("above it the pod is killed"),
});

const workload = z.strictObject({
  replicas: z.strictObject({
    min: whole(1, 500, "pods"),
    max: whole(1, 500, "pods"),
  }),
  maxUnavailable: podsOrPercent
    .default("25%")
    .describe(
      "pods that voluntary disruptions may remove at once, such as the drain of nodes; a share is rounded up",
    ),
  resources,
  ...extraVolumes,
  targetCpuPercent: whole(10, 95, "percent").default(60),
  targetStreamsPerPod: whole(1, 100_000, "streams")
    .optional()
    .describe(
      "also scale by open streams; needs an adapter for the custom metrics API",
    ),
});

/** All addresses are allowed: the charts leave private ones and the metadata endpoints out. */
const modelCidr = cidr.refine(
  (block) => block.endsWith("/0") || !hasMetadata(block),
  "has the nodes' metadata endpoint, from which a pod could take the node's role. Set smaller blocks, or 0.0.0.0/0 for the internet",
);

const egress = place(
  {
    cidr: modelCidr.optional(),
    port: port()
      .default(443)
      .describe("the pods' own port, which may differ from their Service's"),
  },
  "must have either a cidr, or the namespace of the models' pods",
);

const models = z.strictObject({
  providers: z
    .array(z.enum(providerNames, providerRule))
    .min(1, "must name at least one provider"),
  models: z.array(z.string().min(1)).optional(),
  region: region.optional(),
  openai: z
    .strictObject({
      baseUrl: z.url("must be the endpoint's URL, with /v1"),
      apiKey: z
        .boolean()
        .default(true)
        .describe("whether the Secret has OPENAI_API_KEY"),
    })
    .optional(),
  egress: z
    .array(egress)
    .default([])
    .describe("places of the models: the only ones that backend may reach"),
});

const certificate = z.strictObject({
  secretName: dnsLabel.describe(
    "a Secret of the type kubernetes.io/tls, as cert-manager makes it. Pods use a renewed certificate without a restart",
  ),
});

const authority = z
  .strictObject({
    secretName: dnsLabel.optional(),
    configMapName: dnsLabel.optional(),
  })
  .refine(
    ({ secretName, configMapName }) =>
      (secretName === undefined) !== (configMapName === undefined),
    "must have either a secretName or a configMapName",
  );

export const environmentSchema = z.strictObject({
  name: dnsLabel,
  namespace: dnsLabel.default("keepsake"),
  createNamespace: z
    .boolean()
    .default(true)
    .describe(
      "false: the namespace exists, and keeps its own labels, quota and limits. Other pods in it keep their traffic and images. " +
        "Without the load balancer's label for readiness gates, a rollout may outrun the load balancer",
    ),
  image,
  pinnedImages: z
    .boolean()
    .default(true)
    .describe("the namespace rejects every image without a digest"),
  clusterDomain: dnsName.default("cluster.local"),
  secretName: dnsLabel
    .default("keepsake")
    .describe("the Secret with INTERNAL_TOKEN and SESSION_KEYS"),
  tls: z
    .strictObject({
      web: certificate
        .optional()
        .describe(
          "the ingress reaches web by HTTPS. A load balancer on AWS does not check this certificate; a Gateway needs a policy of its controller (docs/deployment.md)",
        ),
      backend: certificate
        .extend({
          name: hostName
            .optional()
            .describe(
              "the name in the certificate; by default backend.NAMESPACE.svc",
            ),
          authority: authority
            .optional()
            .describe(
              "another place of ca.crt, such as a bundle of an old and a new authority",
            ),
        })
        .optional()
        .describe(
          "web and backends reach backends by HTTPS, and check the certificate against ca.crt of the same Secret, or of authority",
        ),
    })
    .prefault({})
    .describe("HTTPS inside the cluster; the metrics stay HTTP"),
  drainSeconds: whole(1, 3_600, "seconds").default(30),
  logLevel: z
    .enum(
      ["fatal", "error", "warn", "info", "debug", "trace"],
      "must be fatal, error, warn, info, debug or trace",
    )
    .default("info"),
  settings: settings.describe(
    "other settings of the programs, by their names in docs/settings.md",
  ),
  pods: pods.describe("of web, backend, sweeps and Traefik"),
  web: workload,
  backend: workload,
  models,
  storage,
  ingress,
  aws: aws.optional().describe("resources that ACK's controllers create"),
  network: z
    .strictObject({
      dnsCidrs: z
        .array(cidr)
        .default([])
        .describe("name servers that are not pods, such as a node-local cache"),
      monitoringNamespace: dnsLabel
        .default("monitoring")
        .describe("the namespace whose pods may read metrics"),
    })
    .prefault({}),
  sweeps: z
    .strictObject({
      sessions: schedule.default("17 * * * *"),
      records: schedule.default("41 3 * * *"),
    })
    .prefault({}),
  observability: z
    .strictObject({
      prometheusOperator: z
        .boolean()
        .default(false)
        .describe(
          "ServiceMonitors and rules, with the Prometheus operator; otherwise annotations",
        ),
      labels: labelMap().describe(
        "of ServiceMonitors and rules, by which your Prometheus selects them",
      ),
      dashboard: z.boolean().default(false),
      runbooks: z
        .url("must be the URL of the directory in which runbooks.md is")
        .optional(),
    })
    .prefault({}),
});

/** An environment as written in a file: defaults may be omitted. */
export type EnvironmentInput = z.input<typeof environmentSchema>;
/** A validated environment with all defaults. */
export type Environment = z.output<typeof environmentSchema>;
export type Workload = Environment["web"];
