import { partition } from "@aws-sdk/core/client";

/**
 * Allows mounting only to roles of the account, through an access point (which maps every client
 * to the pods' user), encrypted, and never as root.
 *
 * @returns An IAM policy, as JSON.
 */
export function fileSystemPolicy(account: string, region: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "MountThroughAccessPoints",
        Effect: "Allow",
        Principal: {
          AWS: `arn:${partition(region).name}:iam::${account}:root`,
        },
        Action: [
          "elasticfilesystem:ClientMount",
          "elasticfilesystem:ClientWrite",
        ],
        Resource: "*",
        Condition: {
          Bool: { "elasticfilesystem:AccessedViaMountTarget": "true" },
          StringLike: { "elasticfilesystem:AccessPointArn": "*" },
        },
      },
      {
        Sid: "EncryptedOnly",
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "*",
        Resource: "*",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
}
