import { z } from "zod";
import { drainTimes } from "../constructs/drain";
import { HEARTBEAT_SECONDS } from "./ingress";

/** Something wrong with an environment: where, and what to do. */
export interface Fault {
  path: string;
  value?: unknown;
  message: string;
}

type Rule = (environment: unknown) => Fault[];

/** The longest deregistration delay that a target group accepts. */
const DEREGISTRATION_MAX_SECONDS = 3_600;

/**
 * A rule between several fields. It looks at nothing but those, so that it speaks up even when
 * something else is wrong too: all faults are named at once.
 */
function rule<S extends z.ZodType>(
  needs: S,
  check: (value: z.output<S>) => Fault[],
): Rule {
  return (environment) => {
    const result = needs.safeParse(environment);
    return result.success ? check(result.data) : [];
  };
}

const seconds = z.int().min(0);
const balanced = z.object({ kind: z.enum(["alb", "eks-auto"]) });

const drainFitsTargetGroup = rule(
  z.object({ drainSeconds: seconds, ingress: balanced }),
  ({ drainSeconds }) => {
    const { deregistrationDelaySeconds } = drainTimes(drainSeconds);
    if (deregistrationDelaySeconds <= DEREGISTRATION_MAX_SECONDS) return [];
    return [
      {
        path: "drainSeconds",
        value: drainSeconds,
        message:
          `needs a deregistration delay of ${deregistrationDelaySeconds} s, and a target group allows ${DEREGISTRATION_MAX_SECONDS}. ` +
          `Set it to ${DEREGISTRATION_MAX_SECONDS - 15} or less`,
      },
    ];
  },
);

const scaleInFitsDrain = rule(
  z.object({ drainSeconds: seconds }),
  ({ drainSeconds }) => {
    const { scaleInPeriodSeconds, terminationGracePeriodSeconds } =
      drainTimes(drainSeconds);
    if (terminationGracePeriodSeconds <= scaleInPeriodSeconds) return [];
    return [
      {
        path: "drainSeconds",
        value: drainSeconds,
        message:
          `makes a pod's end (${terminationGracePeriodSeconds} s) longer than the longest period of autoscaling (${scaleInPeriodSeconds} s), ` +
          "so that it would take a second pod while the first still drains. Set it to 1780 or less",
      },
    ];
  },
);

const workload = z.object({
  replicas: z.object({ min: z.int(), max: z.int() }),
  minAvailable: z.int(),
});

const workloadRule = (name: "web" | "backend") =>
  rule(z.object({ [name]: workload }), (environment) => {
    const { replicas, minAvailable } = environment[name] as z.output<
      typeof workload
    >;
    const faults: Fault[] = [];
    if (replicas.min <= minAvailable) {
      faults.push({
        path: `${name}.replicas.min`,
        value: replicas.min,
        message:
          `must exceed ${name}.minAvailable (${minAvailable}), or no pod may ever be evicted and a node's drain never ends. ` +
          `Set it to ${minAvailable + 1} or more`,
      });
    }
    if (replicas.max < replicas.min) {
      faults.push({
        path: `${name}.replicas.max`,
        value: replicas.max,
        message: `must be at least ${name}.replicas.min (${replicas.min})`,
      });
    }
    return faults;
  });

const memoryFits = (name: "web" | "backend") =>
  rule(
    z.object({
      [name]: z.object({
        resources: z.object({ memory: z.string(), memoryLimit: z.string() }),
      }),
    }),
    (environment) => {
      const { memory, memoryLimit } = environment[name]!.resources;
      if (!(bytes(memory) > bytes(memoryLimit))) return [];
      return [
        {
          path: `${name}.resources.memoryLimit`,
          value: memoryLimit,
          message: `must be at least ${name}.resources.memory (${memory})`,
        },
      ];
    },
  );

const units = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

function bytes(quantity: string): number {
  const [, size, unit] = /^(.*)(Ki|Mi|Gi|Ti)$/.exec(quantity) ?? [];
  return Number(size) * units[(unit ?? "Ki") as keyof typeof units];
}

const hostOfLoadBalancer = rule(
  z.object({
    ingress: balanced.extend({
      host: z.string().optional(),
      certificateArn: z.string().optional(),
    }),
  }),
  ({ ingress: { host, certificateArn } }) => {
    if (host !== undefined) return [];
    const why = certificateArn
      ? "must be set where a certificate is: a certificate without a host answers for no name"
      : "must be set: sessions need TLS, and TLS needs a name";
    return [
      {
        path: "ingress.host",
        value: host,
        message: `${why}. Set it to the name that the certificate is for`,
      },
    ];
  },
);

const stickinessFitsAlgorithm = rule(
  z.object({
    ingress: balanced.extend({
      algorithm: z.literal("weighted_random"),
      stickiness: z.object({ kind: z.string().optional() }).optional(),
    }),
  }),
  ({ ingress: { stickiness } }) =>
    stickiness?.kind === "none"
      ? []
      : [
          {
            path: "ingress.algorithm",
            value: "weighted_random",
            message:
              "forbids stickiness: it weighs all targets anew at every request. " +
              'Set least_outstanding_requests or round_robin, or ingress.stickiness.kind to "none"',
          },
        ],
);

const idleTimeoutAboveHeartbeat = rule(
  z.object({ ingress: balanced.extend({ idleTimeoutSeconds: z.int() }) }),
  ({ ingress: { idleTimeoutSeconds } }) =>
    idleTimeoutSeconds > 2 * HEARTBEAT_SECONDS
      ? []
      : [
          {
            path: "ingress.idleTimeoutSeconds",
            value: idleTimeoutSeconds,
            message:
              `must exceed two heartbeats of an event stream (${HEARTBEAT_SECONDS} s each), or a pause in a reply cuts it. ` +
              `Set it to ${2 * HEARTBEAT_SECONDS + 1} or more`,
          },
        ],
);

const autoModeHasNoOidc = rule(
  z.object({
    ingress: z.object({
      kind: z.literal("eks-auto"),
      authenticate: z.object({ kind: z.literal("oidc") }),
    }),
  }),
  () => [
    {
      path: "ingress.authenticate.kind",
      value: "oidc",
      message:
        "isn't supported by EKS Auto Mode's load balancing. Use cognito (it federates OIDC providers), or the kind alb with the AWS Load Balancer Controller",
    },
  ],
);

const accessPointsDiffer = rule(
  z.object({
    storage: z.object({ sessions: z.string(), records: z.string() }),
  }),
  ({ storage: { sessions, records } }) =>
    sessions !== records
      ? []
      : [
          {
            path: "storage.records",
            value: records,
            message:
              "must be another access point than storage.sessions: web may not see the records. Make a second one",
          },
        ],
);

const provided = (provider: string) => (providers: string[]) =>
  providers.includes(provider);

const bedrockHasRegion = rule(
  z.object({
    models: z.object({
      providers: z.array(z.string()).refine(provided("bedrock")),
      region: z.undefined().optional(),
    }),
  }),
  () => [
    {
      path: "models.region",
      message: "must be set for the provider bedrock: the region of the models",
    },
  ],
);

const openaiHasEndpoint = rule(
  z.object({
    models: z.object({
      providers: z.array(z.string()).refine(provided("openai")),
      openai: z.undefined().optional(),
    }),
  }),
  () => [
    {
      path: "models.openai",
      message:
        "must be set for the provider openai: { baseUrl, apiKey } of its endpoint",
    },
  ],
);

const modelsCanBeReached = rule(
  z.object({
    models: z.object({
      providers: z
        .array(z.string())
        .refine((all) =>
          all.some((provider) => ["openai", "bedrock"].includes(provider)),
        ),
      egress: z.array(z.unknown()).max(0).optional(),
    }),
  }),
  () => [
    {
      path: "models.egress",
      message:
        "must name the address blocks of the models: backend may go nowhere else. " +
        "Take those of your VPC endpoints, or 0.0.0.0/0 for the internet (private and metadata addresses stay out)",
    },
  ],
);

const pinnedImageHasDigest = rule(
  z.object({
    image: z
      .string()
      .regex(/:[^/@]+$/)
      .refine((name) => !name.includes("@")),
    pinnedImages: z.literal(true).default(true),
  }),
  ({ image }) => [
    {
      path: "image",
      value: image,
      message:
        "must be named by its digest, name@sha256:…, where pinnedImages is true: the namespace would refuse it. " +
        "Name the digest, or set pinnedImages to false",
    },
  ],
);

const hostIsCloudFronts = rule(
  z.object({
    ingress: balanced.extend({ host: z.string() }),
    aws: z.object({ cloudFront: z.object({ host: z.string() }) }),
  }),
  ({ ingress, aws: { cloudFront } }) =>
    ingress.host === cloudFront.host
      ? []
      : [
          {
            path: "aws.cloudFront.host",
            value: cloudFront.host,
            message: `must be ingress.host (${JSON.stringify(ingress.host)}): CloudFront passes the name on, and the load balancer answers for no other`,
          },
        ],
);

const cloudFrontIsTheOnlyWay = rule(
  z.object({
    ingress: balanced.extend({
      cloudFrontPrefixList: z.undefined().optional(),
    }),
    aws: z.object({ cloudFront: z.object({}) }),
  }),
  () => [
    {
      path: "ingress.cloudFrontPrefixList",
      message:
        "must be set where aws.cloudFront is, or anyone passes CloudFront by. Find it with: " +
        "aws ec2 describe-managed-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.global.cloudfront.origin-facing",
    },
  ],
);

const rules: Rule[] = [
  hostIsCloudFronts,
  cloudFrontIsTheOnlyWay,
  pinnedImageHasDigest,
  drainFitsTargetGroup,
  scaleInFitsDrain,
  workloadRule("web"),
  workloadRule("backend"),
  memoryFits("web"),
  memoryFits("backend"),
  hostOfLoadBalancer,
  stickinessFitsAlgorithm,
  idleTimeoutAboveHeartbeat,
  autoModeHasNoOidc,
  accessPointsDiffer,
  bedrockHasRegion,
  openaiHasEndpoint,
  modelsCanBeReached,
];

/** What the fields of an environment, each right by itself, get wrong together. */
export function brokenRules(environment: unknown): Fault[] {
  return rules.flatMap((check) => check(environment));
}
