import { z } from "zod";
import { arn, awsId, hostName, region } from "./fields";

const cloudFront = z.strictObject({
  host: hostName.describe("the public host name"),
  originHost: hostName.describe(
    "a DNS name of the load balancer, whose certificate is for `host`, the name that CloudFront passes on",
  ),
  vpcOriginId: z
    .string()
    .regex(/^vo_\w+$/, "must be the id of a VPC origin, vo_…")
    .optional()
    .describe(
      "the load balancer as a VPC origin: it stays internal, and only distributions that were given the origin reach it",
    ),
  certificateArn: z
    .string()
    .regex(
      /^arn:aws:acm:us-east-1:\d{12}:certificate\/[0-9a-f-]+$/,
      "must be the ARN of a certificate in ACM in us-east-1: CloudFront takes no other region's",
    ),
  webAclArn: z
    .string()
    .regex(
      /^arn:aws:wafv2:us-east-1:\d{12}:global\/webacl\//,
      "must be the ARN of a global web ACL of WAFv2, in us-east-1",
    )
    .optional(),
  priceClass: z
    .enum(
      ["PriceClass_100", "PriceClass_200", "PriceClass_All"],
      "must be PriceClass_100, PriceClass_200 or PriceClass_All",
    )
    .default("PriceClass_100"),
});

/** Resources that ACK's controllers create in the account. */
export const aws = z.strictObject({
  region,
  account: z
    .string()
    .regex(/^\d{12}$/, "must be the account's id: twelve digits, as a text"),
  clusterName: z.string().min(1, "must be the name of the EKS cluster"),
  vpcId: awsId("vpc", "the cluster's VPC"),
  nodeSecurityGroup: awsId(
    "sg",
    "the nodes' security group: only it may mount",
  ),
  subnets: z
    .array(awsId("subnet", "a subnet of the nodes"))
    .min(1, "must list a subnet of each zone: each gets a mount target"),
  backendRoleArn: arn(
    "iam::\\d{12}:role/",
    "must be the ARN of the role that may invoke the models",
  ).optional(),
  kmsKeyArn: arn("kms:", "must be a key's ARN")
    .optional()
    .describe("by default the account's key for EFS"),
  cloudFront: cloudFront.optional(),
  tags: z.record(z.string(), z.string()).default({}),
});

export type Aws = z.output<typeof aws>;
export type CloudFront = z.output<typeof cloudFront>;
