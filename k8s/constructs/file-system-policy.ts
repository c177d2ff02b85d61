import { partition } from "@aws-sdk/core/client";

/**
 * Allows mounting only to roles of the account, encrypted, never as root, and through an access point,
 * which maps every client to the pods' user. The denials also bind roles whose own policy allows more.
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
        },
      },
      {
        Sid: "AccessPointsOnly",
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "elasticfilesystem:ClientMount",
        Resource: "*",
        Condition: { Null: { "elasticfilesystem:AccessPointArn": "true" } },
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
