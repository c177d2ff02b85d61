import { z } from "zod";
import { basePath } from "../../app/core/config/setting-types";
import { isMapped, isNetwork, networkOf } from "./address-block";
import { loadBalancerArn as anyLoadBalancer } from "../../app/core/config/setting-types";

export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "must be a DNS label: up to 63 lower-case letters, digits and hyphens",
  );

/** A domain of a cluster, which need not be public. */
export const dnsName = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/,
    'must be a domain in lower case, such as "cluster.local"',
  );

const hostRule =
  'must be a host name in lower case, such as "chat.example.com", without a scheme or a path';

export const hostName = z
  .string()
  .regex(/^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/, hostRule);

/** A host name, or this machine, to which a cluster on it may publish a port. */
export const hostNameOrLocal = z.union(
  [z.literal("localhost"), hostName],
  hostRule,
);

const blockRule =
  'must be an IPv4 or IPv6 address block, such as "10.0.0.0/16" or "2001:db8::/64"';

export const cidr = z
  .union([z.cidrv4(), z.cidrv6()], blockRule)
  .superRefine((block, context) => {
    const message = isMapped(block)
      ? blockRule
      : isNetwork(block)
        ? undefined
        : `has bits beyond its prefix, so the API server rejects it. Set ${JSON.stringify(networkOf(block))}`;
    if (message) context.addIssue({ code: "custom", message });
  });

export const isIpv6 = (block: string) => block.includes(":");

/** Every partition's: eu-central-1, us-gov-west-1, us-isob-east-1, eusc-de-east-1. */
export const region = z
  .string()
  .regex(
    /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/,
    'must be a region, such as "eu-central-1"',
  );

/** @param rest The ARN after its partition, as a regular expression. */
export const arn = (rest: string, message: string) =>
  z.string().regex(new RegExp(`^arn:aws(-[a-z]+)*:${rest}`), message);

export const awsId = (prefix: string, what: string) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}-[0-9a-f]{8,17}$`),
      `must be the id of ${what}, ${prefix}-…`,
    );

export const quantity = z
  .string()
  .regex(
    /^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$/,
    'must be a size with its unit, such as "256Mi"',
  );

export const cpu = z
  .string()
  .regex(/^\d+m$/, 'must be CPU in millicores, such as "100m"');

export const accessPoint = z
  .string()
  .regex(
    /^fs-[0-9a-f]{8,40}::fsap-[0-9a-f]{8,40}$/,
    'must be a file system and its access point, such as "fs-0123456789abcdef0::fsap-0123456789abcdef0": ' +
      "without an access point pods would share the root of the file system, as its root user",
  );

export const fileSystemId = z
  .string()
  .regex(
    /^fs-[0-9a-f]{8,40}$/,
    'must be a file system\'s id alone, such as "fs-0123456789abcdef0": access points are created in it',
  );

export const certificateArn = arn(
  "acm:[a-z0-9-]+:\\d{12}:certificate/[0-9a-f-]+$",
  'must be the ARN of a certificate in ACM, such as "arn:aws:acm:eu-central-1:111122223333:certificate/…", of the load balancer\'s region',
);

export const loadBalancerArn = z
  .string("must be the ARN of the load balancer that signs people in")
  .regex(
    anyLoadBalancer,
    'must be the ARN of an Application Load Balancer, or, before it exists, a prefix and a *: "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/k8s-keepsake-*"',
  );

export const image = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$/,
    'must be an image with a tag or a digest, such as "keepsake:dev" or "…/keepsake@sha256:…"',
  )
  .refine(
    (name) => !name.endsWith(":latest"),
    'must not have the tag "latest": it does not say which version runs, and is pulled at every start. Set a version or a digest',
  );

const PODS_OR_PERCENT =
  'must be a number of pods, 1 or more, or a share of them, such as "25%"';

/** Kubernetes' IntOrString for pods. */
export const podsOrPercent = z.union(
  [
    z.int(PODS_OR_PERCENT).min(1, PODS_OR_PERCENT),
    z.string().regex(/^([1-9]\d?|100)%$/, PODS_OR_PERCENT),
  ],
  PODS_OR_PERCENT,
);

export const schedule = z
  .string()
  .regex(
    /^([\d*/,-]+\s+){4}[\d*/,-]+$/,
    'must be a schedule of five fields, such as "17 * * * *"',
  );

export const port = (min = 1, max = 65_535) => {
  const message = `must be a port, ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
};

export const whole = (min: number, max: number, unit: string) => {
  const message = `must be a whole number of ${unit}, ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
};

/** The path below which an ingress serves web, among other applications of the same host. */
export const ingressPath = basePath
  .default("")
  .describe(
    "the path below which web is served, such as /chat; by default the whole host is Keepsake's",
  );
