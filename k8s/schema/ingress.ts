import { z } from "zod";
import { HEARTBEAT_MS } from "../../app/core/runtime/connection-registry";
import {
  arn,
  awsId,
  certificateArn,
  cidr,
  hostName,
  image,
  ingressPath,
  loadBalancerArn,
  port,
  whole,
} from "./fields";
import { gateway } from "./gateway";
import { loadBalancerOptions } from "./load-balancer";

/** Every idle time-out must exceed the interval of an event stream's heartbeats. */
export const HEARTBEAT_SECONDS = HEARTBEAT_MS / 1_000;

const stickiness = z
  .strictObject({
    kind: z
      .enum(
        ["lb_cookie", "app_cookie", "none"],
        "must be lb_cookie, app_cookie or none",
      )
      .default("lb_cookie"),
    durationSeconds: whole(1, 604_800, "seconds").default(86_400),
  })
  .prefault({})
  .describe("an optimisation: correctness does not depend on it");

const signIn = {
  scopes: z
    .array(z.string().regex(/^[^\s"\\]+$/, "must be a scope without spaces"))
    .refine((all) => all.includes("openid"), 'must contain "openid"')
    .default(["openid"])
    .describe("asked of the identity provider; the subject alone is used"),
  loadBalancer: loadBalancerArn.describe(
    "the load balancer whose tokens web accepts: its ARN, or a prefix with your account and a *",
  ),
  signOutUrl: z
    .url({ protocol: /^https$/, error: "must be an https:// URL" })
    .optional()
    .describe("the identity provider's sign-out page"),
};

const oidc = z.strictObject({
  kind: z.literal("oidc"),
  ...signIn,
  issuer: z.url({ protocol: /^https$/, error: "must be the issuer's URL" }),
  authorizationEndpoint: z.url("must be a URL"),
  tokenEndpoint: z.url("must be a URL"),
  userInfoEndpoint: z.url("must be a URL"),
  clientId: z
    .string("must be the client's id, as in the Secret")
    .min(1, "must be the client's id, as in the Secret")
    .describe("the only client whose tokens web accepts"),
  secretName: z
    .string()
    .min(1, "must name the Secret with clientID and clientSecret"),
  controllerAccount: z
    .string()
    .regex(
      /^[a-z0-9-]+\/[a-z0-9.-]+$/,
      'must be a namespace and a service account, such as "kube-system/aws-load-balancer-controller"',
    )
    .default("kube-system/aws-load-balancer-controller")
    .describe(
      "the AWS Load Balancer Controller's service account, which gets the right to read that Secret. In EKS Auto Mode the group eks:managed gets it",
    ),
});

const cognito = z.strictObject({
  kind: z.literal("cognito"),
  ...signIn,
  userPoolArn: arn(
    "cognito-idp:[a-z0-9-]+:\\d{12}:userpool/.",
    "must be a user pool's ARN",
  ),
  userPoolClientId: z.string().min(1, "must be the client's id"),
  userPoolDomain: z
    .string()
    .min(1, "must be the user pool's domain prefix or its own domain"),
});

const logs = z.strictObject({
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{2,62}$/, "must be the name of an S3 bucket"),
  prefix: z
    .string()
    .regex(/^[^/].*[^/]$/, "must not begin or end with a slash")
    .default("keepsake"),
});

const loadBalancer = {
  host: hostName.optional().describe("the public host name"),
  path: ingressPath,
  certificateArn: certificateArn
    .optional()
    .describe("by default the controller finds the certificate by the host"),
  scheme: z
    .enum(
      ["internet-facing", "internal"],
      "must be internet-facing or internal",
    )
    .default("internet-facing"),
  subnets: z
    .array(awsId("subnet", "a subnet of the load balancer"))
    .min(2, "must list subnets in at least two zones, as a load balancer needs")
    .optional()
    .describe(
      "the load balancer's subnets, in the order of subnetCidrs; without them and subnetTags its controller chooses, maybe others than web admits",
    ),
  subnetTags: z
    .record(
      z.string().min(1, "must have the tag's key").max(128),
      z
        .array(z.string().max(256))
        .min(1, "must list the values of the tag, one of which a subnet has"),
    )
    .refine((tags) => Object.keys(tags).length > 0, "must have a tag")
    .optional()
    .describe(
      "the tags that the load balancer's subnets have, in place of their ids; subnetCidrs must list all of them, which preflight compares",
    ),
  subnetCidrs: z
    .array(cidr)
    .min(
      1,
      "must list the load balancer's subnets, the only ones that may reach web",
    )
    .describe("address blocks of the load balancer's subnets"),
  sslPolicy: z
    .string()
    .regex(
      /^ELBSecurityPolicy-TLS13-/,
      "must be a TLS 1.3 policy: its name begins with ELBSecurityPolicy-TLS13-",
    )
    .default("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"),
  algorithm: z
    .enum(
      ["round_robin", "least_outstanding_requests", "weighted_random"],
      "must be round_robin, least_outstanding_requests or weighted_random",
    )
    .default("least_outstanding_requests"),
  stickiness,
  idleTimeoutSeconds: whole(1, 4_000, "seconds").default(60),
  accessLogs: logs.optional(),
  connectionLogs: logs.optional(),
  webAclArn: arn(
    "wafv2:[a-z0-9-]+:\\d{12}:regional/webacl/",
    "must be the ARN of a regional web ACL of WAFv2",
  ).optional(),
  authenticate: z
    .discriminatedUnion(
      "kind",
      [oidc, cognito],
      'must have a kind: "oidc" or "cognito"',
    )
    .optional(),
  cloudFrontPrefixList: z
    .string()
    .regex(
      /^pl-[0-9a-f]+$/,
      "must be the id of the managed prefix list com.amazonaws.global.cloudfront.origin-facing in your region, pl-…",
    )
    .optional()
    .describe("if set, only CloudFront reaches the load balancer"),
  originSecret: z
    .boolean()
    .default(false)
    .describe(
      "web requires the header x-keepsake-origin, with a value of ORIGIN_SECRET in the Secret, which your CloudFront distribution adds",
    ),
  deletionProtection: z.boolean().default(false),
  tags: z.record(z.string(), z.string()).default({}),
  ...loadBalancerOptions,
};

export const ingress = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("alb"), ...loadBalancer }),
    z.strictObject({ kind: z.literal("eks-auto"), ...loadBalancer }),
    gateway,
    z.strictObject({
      kind: z.literal("traefik"),
      host: hostName.optional(),
      path: ingressPath,
      image: image.describe("Traefik's image"),
      nodePort: port(30_000, 32_767).describe("the port of every node"),
      apiServerCidrs: z
        .array(cidr)
        .min(
          1,
          "must list the API server's address blocks, which Traefik calls",
        )
        .default(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"])
        .describe("by default all private addresses"),
    }),
  ],
  'must have a kind: "alb", "eks-auto", "gateway" or "traefik"',
);

/** Sign-in at the load balancer. */
export type Authenticate = z.output<typeof oidc> | z.output<typeof cognito>;
export type Ingress = z.output<typeof ingress>;
export type LoadBalancer = Extract<Ingress, { kind: "alb" | "eks-auto" }>;
export type Traefik = Extract<Ingress, { kind: "traefik" }>;
