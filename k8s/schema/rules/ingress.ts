import { z } from "zod";
import { isIpv6 } from "../fields";
import { HEARTBEAT_SECONDS } from "../ingress";
import { balanced, rule } from "./rule";

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
      ? "must be set with a certificate, which is valid for its host name only"
      : "must be set: sessions need TLS, and TLS needs a name";
    return [
      {
        path: "ingress.host",
        value: host,
        message: `${why}. Set it to the certificate's host name`,
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
              "forbids stickiness: it chooses a target for every request. " +
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
              `must exceed two heartbeats of an event stream (${HEARTBEAT_SECONDS} s each), or a pause in a reply closes the stream. ` +
              `Set it to ${2 * HEARTBEAT_SECONDS + 1} or more`,
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
            message: `must be ingress.host (${JSON.stringify(ingress.host)}): CloudFront passes the host name on, and the load balancer accepts no other`,
          },
        ],
);

const cloudFrontIsTheOnlyWay = rule(
  z.object({
    ingress: balanced.extend({
      cloudFrontPrefixList: z.undefined().optional(),
      securityGroups: z.undefined().optional(),
    }),
    aws: z.object({ cloudFront: z.object({}) }),
  }),
  () => [
    {
      path: "ingress.cloudFrontPrefixList",
      message:
        "must be set with aws.cloudFront, or clients can bypass CloudFront. Find it with: " +
        "aws ec2 describe-managed-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.global.cloudfront.origin-facing",
    },
  ],
);

const securityGroupsDecideAlone = (field: string) =>
  rule(
    z.object({
      ingress: balanced.extend({
        securityGroups: z.array(z.string()),
        [field]: z.union([z.string(), z.array(z.string())]),
      }),
    }),
    () => [
      {
        path: `ingress.${field}`,
        message:
          "has no effect with ingress.securityGroups, which decide alone. Remove it, and add its rules to them",
      },
    ],
  );

const ipv6NeedsDualStack = rule(
  z.object({
    ingress: balanced.extend({
      ipAddressType: z.literal("ipv4"),
      subnetCidrs: z.array(z.string()).refine((all) => all.some(isIpv6)),
    }),
  }),
  () => [
    {
      path: "ingress.ipAddressType",
      value: "ipv4",
      message:
        "can't have targets in an IPv6 subnet of ingress.subnetCidrs. Set it to dualstack",
    },
  ],
);

const shieldNeedsController = rule(
  z.object({
    ingress: z.object({
      kind: z.literal("eks-auto"),
      shieldAdvanced: z.literal(true),
    }),
  }),
  () => [
    {
      path: "ingress.shieldAdvanced",
      value: true,
      message:
        "is not supported by EKS Auto Mode. Protect the load balancer in AWS Shield itself, or use the AWS Load Balancer Controller (kind alb)",
    },
  ],
);

const subnetsByIdsOrTags = rule(
  z.object({
    ingress: balanced.extend({
      subnets: z.array(z.string()),
      subnetTags: z.record(z.string(), z.array(z.string())),
    }),
  }),
  () => [
    {
      path: "ingress.subnetTags",
      message:
        "can't be set with ingress.subnets: the controller accepts either ids or tags. Remove one of them",
    },
  ],
);

const subnetTagsNeedController = rule(
  z.object({
    ingress: z.object({
      kind: z.literal("eks-auto"),
      subnetTags: z.record(z.string(), z.array(z.string())),
    }),
  }),
  () => [
    {
      path: "ingress.subnetTags",
      message:
        "is not supported with EKS Auto Mode, whose IngressClassParams have another schema for tags. Name the subnets in ingress.subnets",
    },
  ],
);

const vpcOriginIsInternal = rule(
  z.object({
    ingress: balanced.extend({
      scheme: z.literal("internet-facing").default("internet-facing"),
    }),
    aws: z.object({ cloudFront: z.object({ vpcOriginId: z.string() }) }),
  }),
  () => [
    {
      path: "ingress.scheme",
      message:
        'must be "internal" with aws.cloudFront.vpcOriginId, or the load balancer has public addresses that CloudFront does not need',
    },
  ],
);

const tlsNeedsLoadBalancer = rule(
  z.object({
    ingress: z.object({ kind: z.literal("traefik") }),
    tls: z.object({ web: z.object({}) }),
  }),
  () => [
    {
      path: "tls.web",
      message:
        "is not supported with Traefik, which would check the certificate against the pods' addresses. Remove it, or use another kind of ingress",
    },
  ],
);

export const ingressRules = [
  tlsNeedsLoadBalancer,
  vpcOriginIsInternal,
  hostOfLoadBalancer,
  stickinessFitsAlgorithm,
  idleTimeoutAboveHeartbeat,
  hostIsCloudFronts,
  cloudFrontIsTheOnlyWay,
  securityGroupsDecideAlone("inboundCidrs"),
  securityGroupsDecideAlone("cloudFrontPrefixList"),
  ipv6NeedsDualStack,
  shieldNeedsController,
  subnetsByIdsOrTags,
  subnetTagsNeedController,
];
