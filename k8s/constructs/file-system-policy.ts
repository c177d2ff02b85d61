/**
 * Who may mount: only roles of the account, only through an access point (which makes everyone the pods' user, below one
 * directory), only encrypted, and never as root.
 *
 * @returns A policy of IAM, as JSON.
 */
export function fileSystemPolicy(account: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "MountThroughAccessPoints",
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${account}:root` },
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
