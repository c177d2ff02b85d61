import { z } from "zod";
import { cidr, whole } from "./fields";
import { annotationMap, type Reserved } from "./kubernetes";

/** Annotations of the Ingress that the charts write, and what sets them. */
const ANNOTATIONS: Record<string, string> = {
  "auth-idp-cognito": "set ingress.authenticate",
  "auth-idp-oidc": "set ingress.authenticate",
  "auth-on-unauthenticated-request": "set ingress.authenticate",
  "auth-scope": "set ingress.authenticate.scopes",
  "auth-type": "set ingress.authenticate",
  "backend-protocol": "set tls.web",
  "certificate-arn": "set ingress.certificateArn",
  "group.name": "set ingress.group.name",
  "group.order": "set ingress.group.order",
  "healthcheck-interval-seconds": "the charts set it",
  "healthcheck-path": "the charts set it",
  "healthcheck-port": "the charts set it",
  "healthcheck-protocol": "set tls.web",
  "healthcheck-timeout-seconds": "the charts set it",
  "healthy-threshold-count": "the charts set it",
  "inbound-cidrs": "set ingress.inboundCidrs",
  "ip-address-type": "set ingress.ipAddressType",
  "listen-ports": "the charts set it",
  "load-balancer-attributes": "set ingress.loadBalancerAttributes",
  "manage-backend-security-group-rules": "set ingress.securityGroups",
  "minimum-load-balancer-capacity": "set ingress.minimumCapacityUnits",
  scheme: "set ingress.scheme",
  "security-group-prefix-lists": "set ingress.cloudFrontPrefixList",
  "security-groups": "set ingress.securityGroups",
  "shield-advanced-protection": "set ingress.shieldAdvanced",
  "ssl-policy": "set ingress.sslPolicy",
  "ssl-redirect": "the charts set it",
  subnets: "set ingress.subnets or ingress.subnetTags",
  "success-codes": "the charts set it",
  tags: "set ingress.tags",
  "target-group-attributes":
    "set drainSeconds, ingress.algorithm or ingress.stickiness",
  "target-type": "targets are pods, or the drain would not be seen",
  "unhealthy-threshold-count": "the charts set it",
  "wafv2-acl-arn": "set ingress.webAclArn",
};

const reservedAnnotation: Reserved = (name) => {
  if (name === "kubernetes.io/ingress.class") return "the charts set the class";
  const [prefix, rest = ""] = name.split("/", 2);
  return prefix === "alb.ingress.kubernetes.io" ? ANNOTATIONS[rest] : undefined;
};

/** Attributes of the load balancer that the charts write, and what sets them. */
const ATTRIBUTES: Record<string, string> = {
  "access_logs.s3.bucket": "set ingress.accessLogs",
  "access_logs.s3.enabled": "set ingress.accessLogs",
  "access_logs.s3.prefix": "set ingress.accessLogs",
  "connection_logs.s3.bucket": "set ingress.connectionLogs",
  "connection_logs.s3.enabled": "set ingress.connectionLogs",
  "connection_logs.s3.prefix": "set ingress.connectionLogs",
  "deletion_protection.enabled": "set ingress.deletionProtection",
  "idle_timeout.timeout_seconds": "set ingress.idleTimeoutSeconds",
  "routing.http.drop_invalid_header_fields.enabled": "the charts set it",
  "routing.http2.enabled": "the charts set it",
};

const ORDER = "must be a whole number, -1000 to 1000";

const group = z.strictObject({
  name: z
    .string()
    .regex(
      /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/,
      'must be up to 63 lower-case letters, digits, "-" and "."',
    )
    .describe(
      "other Ingresses of this group share the load balancer. Whoever may create one can add rules before those of this host",
    ),
  order: z
    .int(ORDER)
    .min(-1_000, ORDER)
    .max(1_000, ORDER)
    .default(0)
    .describe("rules of a lower order come first"),
});

const securityGroup = z
  .string()
  .regex(/^sg-[0-9a-f]{8,17}$/, "must be the id of a security group, sg-…");

/** Fields of a load balancer for needs of one's own; all may be omitted. */
export const loadBalancerOptions = {
  group: group.optional(),
  inboundCidrs: z
    .array(cidr)
    .min(1, "must list an address block, or be omitted")
    .optional()
    .describe("the only clients of the load balancer; by default all"),
  securityGroups: z
    .array(securityGroup)
    .min(1, "must list a security group, or be omitted")
    .optional()
    .describe(
      "in place of the one that the controller makes: they alone decide which clients reach the load balancer",
    ),
  ipAddressType: z
    .enum(
      ["ipv4", "dualstack", "dualstack-without-public-ipv4"],
      "must be ipv4, dualstack or dualstack-without-public-ipv4",
    )
    .optional()
    .describe("by default dualstack if a subnet's block is IPv6"),
  shieldAdvanced: z
    .boolean()
    .default(false)
    .describe("needs the account's subscription to AWS Shield Advanced"),
  minimumCapacityUnits: whole(100, 1_000_000, "capacity units")
    .optional()
    .describe("reserved, and paid for, before an expected peak"),
  loadBalancerAttributes: annotationMap((name) => ATTRIBUTES[name]).describe(
    "further attributes, by their names in the API",
  ),
  annotations: annotationMap(reservedAnnotation).describe(
    "further annotations of the Ingress. Those that add actions or conditions may route requests past web",
  ),
};
